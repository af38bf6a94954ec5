# ruff: noqa: E401, I001, T201 - as people write it; benchmarks/processes.py compares the job with it
import json, os, sys, time
import botocore.session

client = botocore.session.get_session().create_client("stepfunctions")
arn = os.environ["STATE_MACHINE_ARN"]
started = client.start_execution(stateMachineArn=arn, input=os.environ.get("INPUT", "{}"))
execution = client.describe_execution(executionArn=started["executionArn"])
while execution["status"] == "RUNNING":
    time.sleep(float(os.environ.get("SECONDS", "1")))
    execution = client.describe_execution(executionArn=started["executionArn"])
print(json.dumps(execution, default=str))
sys.exit(execution["status"] != "SUCCEEDED")
