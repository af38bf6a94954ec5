# ruff: noqa: INP001 - Airflow imports each file by itself
"""An Airflow DAG: the job in a pod, its result as XCom. Needs apache-airflow-providers-cncf-kubernetes."""

import json
from typing import Any

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, task
from kubernetes.client import models as k8s

with DAG(
    dag_id="nightly",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2026, 11, 1, tz="UTC"),
    catchup=False,
):
    run = KubernetesPodOperator(
        task_id="run",
        name="sfn-job",
        namespace="workflows",
        image="REGISTRY/sfn-job:TAG",
        # AWS's role comes with it: iam/job.json, trusted by iam/trust-pod-identity.json.
        service_account_name="sfn-job",
        env_vars={
            "SFN_STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly",
            "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true",
            "SFN_INPUT": '{"date": "{{ ds }}"}',
            # The same for each try of this task, also one that somebody clears: a running execution is waited for, and
            # one that succeeded is reported. After a failed one a try starts the next; with SFN_RERUN=once it reports.
            "SFN_RUN_ID": "{{ ti.dag_id }}/{{ ti.run_id }}/{{ ti.task_id }}/{{ ti.map_index }}",
            # The file that the operator's sidecar turns into the XCom.
            "SFN_RESULT_PATH": "/airflow/xcom/return.json",
        },
        do_xcom_push=True,
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "100m", "memory": "64Mi"}, limits={"memory": "64Mi"}
        ),
        container_security_context={
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    )

    @task
    def use(document: dict[str, Any]) -> None:
        """Use the execution's output, which AWS gives as text."""
        print(json.loads(document["result"]["output"]))  # noqa: T201 - goes to the task's log

    use(run.output)
