"""Executions as AWS has them: start, describe, stop, redrive, list. One request each; errors are `job.errors`."""

from collections.abc import Mapping
from typing import Any

from job import naming
from job.aws.api import Answer, Api
from job.errors import AnswerLost
from job.execution import Execution


def start(
    api: Api, state_machine_arn: str, name: str, input_: str | None, trace_header: str | None
) -> tuple[Execution, Answer]:
    """Ask for the execution ``name``; return it, with the answer for what that tells of the server's clock.

    Where an execution of that name and input is running, AWS returns that one (StartExecution is idempotent).
    Raises `job.errors.ExecutionNameTaken` where one is closed, or runs with another input.
    """
    answer = api.request(
        "start_execution",
        **_given(stateMachineArn=state_machine_arn, name=name, input=input_, traceHeader=trace_header),
    )
    expect(answer, "executionArn", "startDate")
    started = Execution(
        execution_arn=answer.body["executionArn"],
        state_machine_arn=naming.unqualified(state_machine_arn),
        name=name,
        status="RUNNING",
        start_date=answer.body["startDate"],
    )
    return started, answer


def start_sync(api: Api, state_machine_arn: str, name: str, input_: str | None, trace_header: str | None) -> Execution:
    """Run an execution of an express state machine, and return it as it has ended, well or not."""
    answer = api.request(
        "start_sync_execution",
        **_given(stateMachineArn=state_machine_arn, name=name, input=input_, traceHeader=trace_header),
    )
    expect(answer, "executionArn", "status", "startDate")
    return _execution({**answer.body, "stateMachineArn": naming.unqualified(state_machine_arn), "name": name})


def describe(api: Api, execution_arn: str) -> tuple[Execution, Answer]:
    """Return the execution as it is now. Raises `job.errors.ExecutionNotFound`."""
    answer = api.request("describe_execution", executionArn=execution_arn)
    expect(answer, "executionArn", "stateMachineArn", "status", "startDate")
    return _execution({"name": execution_arn.rpartition(":")[2], **answer.body}), answer


def stop(api: Api, execution_arn: str, error: str, cause: str) -> None:
    """Ask AWS to abort the execution, with an error and a cause that say who did."""
    answer = api.request("stop_execution", executionArn=execution_arn, error=error, cause=cause)
    expect(answer, "stopDate")


def redrive(api: Api, execution_arn: str, token: str) -> None:
    """Run an unsuccessful execution again from where it failed; AWS takes requests with the same token for one.

    Raises `job.errors.ExecutionNotRedrivable`.
    """
    answer = api.request("redrive_execution", executionArn=execution_arn, clientToken=token)
    expect(answer, "redriveDate")


def newest_names(api: Api, state_machine_arn: str) -> list[str]:
    """Return the names of the state machine's newest 1,000 executions, newest first; the latest may be missing yet."""
    answer = api.request("list_executions", stateMachineArn=naming.unqualified(state_machine_arn), maxResults=1000)
    expect(answer, "executions")
    return [execution["name"] for execution in answer.body["executions"]]


def _execution(body: Mapping[str, Any]) -> Execution:
    """Return the execution that an answer tells of."""
    return Execution(
        execution_arn=body["executionArn"],
        state_machine_arn=body["stateMachineArn"],
        name=body["name"],
        status=body["status"],
        start_date=body["startDate"],
        stop_date=body.get("stopDate"),
        input=body.get("input"),
        output=body.get("output"),
        output_details=body.get("outputDetails"),
        error=body.get("error"),
        cause=body.get("cause"),
        redrive_count=body.get("redriveCount", 0),
        redrive_date=body.get("redriveDate"),
        billing_details=body.get("billingDetails"),
    )


def _given(**parameters: str | None) -> dict[str, str]:
    """Return the parameters that have a value; botocore takes no None."""
    return {name: value for name, value in parameters.items() if value is not None}


def expect(answer: Answer, *keys: str) -> None:
    """Raise `AnswerLost` where an answer that looked like a success lacks what AWS always sends."""
    missing = [key for key in keys if key not in answer.body]
    if missing:
        raise AnswerLost(f"What was answered lacks {', '.join(missing)}: something between here and AWS garbled it.")
