"""What matters in the causes that services give."""

import json
from typing import Any

import pytest

from job.history import causes

NESTED = {
    "ExecutionArn": "arn:aws:states:eu-west-1:123456789012:execution:orders:7",
    "Name": "7",
    "Status": "FAILED",
    "Error": "Declined",
    "Cause": '{"errorMessage":"no money"}',
    "Input": '{"message":"private"}',
}
ECS = {
    "Attachments": [{"Details": [{"Name": "message", "Value": "x"}], "Status": "DELETED"}],
    "Containers": [
        {"Name": "sidecar", "ExitCode": 0, "LastStatus": "STOPPED"},
        {"Name": "app", "ExitCode": 137, "Reason": "OutOfMemoryError: Container killed due to memory usage"},
    ],
    "StopCode": "EssentialContainerExited",
    "StoppedReason": "Essential container in task exited",
}
BATCH = {
    "Attempts": [{"StatusReason": "an earlier one"}],
    "Container": {"ExitCode": 2, "Environment": [{"Name": "PASSWORD", "Value": "private"}]},
    "JobName": "etl",
    "StatusReason": "Essential container in task exited",
}

CASES: dict[str, tuple[Any, str]] = {
    "Lambda": ({"errorMessage": "no money", "errorType": "Declined", "stackTrace": ["File x"]}, "no money"),
    "Lambda with JSON inside": ({"errorMessage": '{"message":"no money"}'}, "no money"),
    "ECS": (
        ECS,
        (
            "Essential container in task exited: container app exited with 137 "
            "(OutOfMemoryError: Container killed due to memory usage)"
        ),
    ),
    "ECS, never started": (
        {"Containers": [{"Name": "app"}], "StoppedReason": "CannotPullContainerError: no such image"},
        "CannotPullContainerError: no such image",
    ),
    "ECS, not placed": ({"Failures": [{"Arn": "a", "Reason": "RESOURCE:MEMORY"}], "Tasks": []}, "RESOURCE:MEMORY"),
    "Batch": (BATCH, "Essential container in task exited: container exited with 2"),
    "Glue": ({"JobName": "etl", "JobRunState": "FAILED", "ErrorMessage": "no such table"}, "no such table"),
    "SageMaker": ({"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError"}, "AlgorithmError"),
    "EMR": (
        {"Step": {"Status": {"FailureDetails": {"Message": "exit 1", "Reason": "Unknown Error."}, "State": "FAILED"}}},
        "exit 1",
    ),
    "Athena": ({"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "line 1:8"}}}, "line 1:8"),
    "nested": (NESTED, "the execution 7 FAILED: Declined: no money"),
    "nested, timed out": ({"ExecutionArn": "a:b", "Status": "TIMED_OUT"}, "the execution a:b TIMED_OUT"),
    "somebody's own": ({"Value1": "HelloWorld"}, '{"Value1": "HelloWorld"}'),
    "a message that isn't text": ({"message": 7, "reason": "late"}, "late"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_json_cause_is_told_by_what_matters_in_it(name: str) -> None:
    """And by nothing else: other parts may hold data."""
    document, message = CASES[name]
    assert causes.message(json.dumps(document)) == message


@pytest.mark.parametrize(
    "cause",
    ["", "it went off", "[1, 2]", "null", "{no json", '{"a":', "{" * 100_000, '{"a":' * 100_000],
    ids=lambda cause: cause[:10],
)
def test_any_other_cause_is_told_as_it_is(cause: str) -> None:
    """Whatever it looks like."""
    assert causes.message(cause) == cause


PATH = "Invalid path '$.gone' : No results for path: $['gone']"


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (PATH, PATH),
        ("The JSONPath '$.a' was not found in the input '[1]'", "The JSONPath '$.a' was not found in the input …"),
        ("""The Parameters '{"a":{}}' could not be used: [x]""", "The Parameters … could not be used: [x]"),
        (
            """Expected 'array', but was 'object' for value: {"b":1}""",
            "Expected 'array', but was 'object' for value: …",
        ),
        ('Map state input must be an array but was: "private"', "Map state input must be an array but was: …"),
    ],
    ids=["path", "input", "parameters", "value", "items"],
)
def test_the_data_in_step_functions_own_causes_is_left_out(cause: str, message: str) -> None:
    """And where it happened, which is told anyway."""
    where = "An error occurred while executing the state 'It's' (entered at the event id #7). "
    assert causes.message(where + cause) == message
    assert causes.message(cause) == cause
