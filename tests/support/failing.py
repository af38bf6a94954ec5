"""State machines that fail, each with the state that fails named by hand: what the job has to find out by itself.

`${name}` in a definition is the ARN of the machine `name` of this table; `${activity}`, `${queue}` and `${bucket}` are
one of each. Errors are LocalStack's, which calls some States.Runtime that AWS tells apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .localstack import REGION, LocalStack

ROLE = "arn:aws:iam::000000000000:role/states"
NOWHERE = "arn:aws:lambda:eu-west-1:000000000000:function:nowhere"

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One failing definition. `state` None: the failure belongs to no state.

    `error` is a regular expression; None: there is none. `said` must stand in the sentence, besides state, type and
    error; `more` in `failedState`.
    """

    definition: Json
    state: str | None
    type: str | None
    error: str | None
    said: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    input: str = "{}"
    code: int = 23


class Machines:
    """The machines of the table, made in LocalStack as they are asked for."""

    def __init__(self, localstack: LocalStack) -> None:
        self._localstack = localstack
        self._stepfunctions = localstack.client("stepfunctions")

    @cache  # noqa: B019 - there is one object, which lives as long as its LocalStack
    def arn(self, name: str) -> str:
        """The ARN of a machine, or what else may stand in a definition as `${name}`."""
        if name == "activity":
            return str(self._stepfunctions.create_activity(name="failing")["activityArn"])
        if name == "queue":
            return str(self._localstack.client("sqs").create_queue(QueueName="failing")["QueueUrl"])
        if name == "bucket":
            configuration = {"LocationConstraint": REGION}
            self._localstack.client("s3").create_bucket(Bucket="failing", CreateBucketConfiguration=configuration)
            return "failing"
        definition = json.dumps(CASES[name].definition)
        definition = re.sub(r"\$\{([^}]+)\}", lambda found: self.arn(found[1]), definition)
        made = self._stepfunctions.create_state_machine(name=f"failing-{name}", definition=definition, roleArn=ROLE)
        return str(made["stateMachineArn"])


def machine(*states: tuple[str, Json], **top: Any) -> Json:
    """Return a definition of these states, of which each leads to the one behind it, if it doesn't say otherwise."""
    names = [name for name, _ in states]
    made: Json = {}
    for (name, state), following in zip(states, [*names[1:], None], strict=True):
        leads = {"Fail", "Succeed", "Choice"} & {state["Type"]} or {"Next", "End"} & set(state)
        made[name] = state if leads else {**state, **({"Next": following} if following else {"End": True})}
    return {"StartAt": names[0], "States": made, **top}


def fails(error: str, cause: str, **more: Any) -> Json:
    return {"Type": "Fail", "Error": error, "Cause": cause, **more}


def passes(**more: Any) -> Json:
    return {"Type": "Pass", **more}


def waits(seconds: int = 120) -> Json:
    return {"Type": "Wait", "Seconds": seconds}


def task(resource: str, **more: Any) -> Json:
    return {"Type": "Task", "Resource": resource, **more}


def parallel(*branches: Json, **more: Any) -> Json:
    return {"Type": "Parallel", "Branches": list(branches), **more}


def maps(processor: Json, mode: str = "INLINE", **more: Any) -> Json:
    config = {"Mode": mode, **({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})}
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **processor}, **more}


def nested(child: str, sync: str) -> Json:
    return task(f"arn:aws:states:::states:startExecution.{sync}", Parameters={"StateMachineArn": f"${{{child}}}"})


BOOM = fails("Boom", "it went off")
ODD = machine(
    (
        "Check",
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Reject"}],
            "Default": "Accept",
        },
    ),
    ("Accept", passes(End=True)),
    ("Reject", fails("Orders.OutOfStock", "no more of these")),
)
TWICE = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.0}]
ONCE = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
TO_RECOVER = [{"ErrorEquals": ["States.ALL"], "Next": "Recover"}]
NO_OBJECT = task("arn:aws:states:::aws-sdk:s3:getObject", Parameters={"Bucket": "nowhere-at-all", "Key": "k"})
GET_OBJECT = "arn:aws:states:::aws-sdk:s3:getObject"
SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
MESSAGE = {"QueueUrl": "${queue}", "MessageBody": {"token.$": "$$.Task.Token"}}

CASES: dict[str, Case] = {
    # A state of type Fail
    "fail": Case(machine(("Look", passes()), ("Reject", BOOM)), "Reject", "Fail", "Boom", "it went off"),
    "fail-with-paths": Case(
        machine(("Reject", {"Type": "Fail", "ErrorPath": "$.e", "CausePath": "$.c"})),
        "Reject",
        "Fail",
        "Dynamic",
        "from the input",
        input='{"e": "Dynamic", "c": "from the input"}',
    ),
    "fail-without-error": Case(machine(("Reject", {"Type": "Fail"})), "Reject", "Fail", None),
    "fail-by-choice": Case(ODD, "Reject", "Fail", "Orders.OutOfStock", "no more of these", input="2"),
    "fail-after-a-loop": Case(
        machine(
            ("Count", passes(Parameters={"n.$": "States.MathAdd($.n, 1)"})),
            (
                "Enough",
                {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.n", "NumericLessThan": 20, "Next": "Count"}],
                    "Default": "GiveUp",
                },
            ),
            ("GiveUp", BOOM),
        ),
        "GiveUp",
        "Fail",
        "Boom",
        input='{"n": 0}',
    ),
    # Parallel
    "parallel": Case(
        machine(("Both", parallel(machine(("Fine", passes())), machine(("Guilty", BOOM))))),
        "Guilty",
        "Fail",
        "Boom",
    ),
    "parallel-beside-a-wait": Case(
        machine(("Both", parallel(machine(("Sleep", waits())), machine(("Before", passes()), ("Guilty", BOOM))))),
        "Guilty",
        "Fail",
        "Boom",
    ),
    "parallel-nested": Case(
        machine(
            (
                "Outer",
                parallel(
                    machine(("Fine", passes())),
                    machine(("Inner", parallel(machine(("Also fine", passes())), machine(("Guilty", BOOM))))),
                ),
            )
        ),
        "Guilty",
        "Fail",
        "Boom",
    ),
    "parallel-tried-again": Case(
        machine(("Both", parallel(machine(("Guilty", BOOM)), Retry=ONCE))),
        "Guilty",
        "Fail",
        "Boom",
        more={"attempts": 2},
    ),
    # Map
    "map": Case(
        machine(("Orders", maps(ODD))),
        "Reject",
        "Fail",
        "Orders.OutOfStock",
        "item 2 of Map Orders",
        {"items": [{"map": "Orders", "index": 2}]},
        input="[0, 1, 2, 3]",
    ),
    "map-one-at-a-time": Case(
        machine(("Orders", maps(ODD, MaxConcurrency=1))),
        "Reject",
        "Fail",
        "Orders.OutOfStock",
        "item 2 of Map Orders",
        {"items": [{"map": "Orders", "index": 2}]},
        input="[0, 1, 2, 3]",
    ),
    "map-too-many-failed": Case(
        machine(("Orders", maps(ODD, MaxConcurrency=1, ToleratedFailureCount=1))),
        "Reject",
        "Fail",
        "Orders.OutOfStock",
        input="[2, 0, 2]",
    ),
    "map-in-map": Case(
        machine(("Customers", maps(machine(("Orders", maps(ODD)))))),
        "Reject",
        "Fail",
        "Orders.OutOfStock",
        "item 1 of Map Orders",
        {"items": [{"map": "Customers", "index": 1}, {"map": "Orders", "index": 1}]},
        input="[[0, 1], [3, 2], [1]]",
    ),
    "map-in-parallel": Case(
        machine(("Both", parallel(machine(("Fine", passes())), machine(("Orders", maps(ODD)))))),
        "Reject",
        "Fail",
        "Orders.OutOfStock",
        "item 0 of Map Orders",
        {"items": [{"map": "Orders", "index": 0}]},
        input="[2]",
    ),
    "map-before": Case(
        machine(("Orders", maps(machine(("Take", passes())))), ("After", BOOM)),
        "After",
        "Fail",
        "Boom",
        input="[1, 2]",
    ),
    "map-over-no-list": Case(
        machine(("Orders", maps(ODD, ItemsPath="$.orders"))),
        "Orders",
        "Map",
        "States.QueryEvaluationError",
        input='{"orders": "none"}',
    ),
    "map-result-selector": Case(
        machine(("Orders", maps(machine(("Take", passes())), ResultSelector={"a.$": "$.gone.x"}))),
        "Orders",
        "Map",
        "States.Runtime",
        input="[1, 2]",
    ),
    "map-distributed": Case(
        machine(
            (
                "Orders",
                maps(
                    ODD,
                    "DISTRIBUTED",
                    ItemReader={
                        "Resource": "arn:aws:states:::s3:getObject",
                        "ReaderConfig": {"InputType": "JSON"},
                        "Parameters": {"Bucket": "nowhere-at-all", "Key": "k"},
                    },
                ),
            )
        ),
        "Orders",
        "Map",
        "States.Runtime",
        "specified bucket does not exist",
    ),
    # Retry and Catch
    "retry-exhausted": Case(
        machine(("Get", {**NO_OBJECT, "Retry": TWICE})),
        "Get",
        "Task",
        "S3.NoSuchBucketException",
        "3 attempts",
        {"attempts": 3, "resource": GET_OBJECT},
    ),
    "catch-that-fails-again": Case(
        machine(
            ("Get", {**NO_OBJECT, "Catch": TO_RECOVER, "End": True}),
            ("Recover", task(NOWHERE)),
        ),
        "Recover",
        "Task",
        "Exception",
        "Function not found",
    ),
    "catch-to-fail": Case(
        machine(("Get", {**NO_OBJECT, "Catch": TO_RECOVER, "End": True}), ("Recover", fails("Given.Up", "no way on"))),
        "Recover",
        "Fail",
        "Given.Up",
        "no way on",
    ),
    "catch-of-another-error": Case(
        machine(
            ("Get", {**NO_OBJECT, "Catch": [{"ErrorEquals": ["Other"], "Next": "Recover"}], "End": True}),
            ("Recover", passes()),
        ),
        "Get",
        "Task",
        "S3.NoSuchBucketException",
    ),
    "catch-around-parallel": Case(
        machine(
            ("Both", parallel(machine(("Guilty", BOOM)), Catch=TO_RECOVER, End=True)),
            ("Recover", fails("Given.Up", "no way on")),
        ),
        "Recover",
        "Fail",
        "Given.Up",
    ),
    # Choice, paths, expressions
    "choice-without-match": Case(
        machine(
            ("Decide", {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}]}),
            ("One", passes()),
        ),
        "Decide",
        "Choice",
        "States.Runtime",
        input='{"n": 2}',
    ),
    "choice-on-nothing": Case(
        machine(
            ("Decide", {"Type": "Choice", "Choices": [{"Variable": "$.gone", "NumericEquals": 1, "Next": "One"}]}),
            ("One", passes()),
        ),
        "Decide",
        "Choice",
        "States.Runtime",
    ),
    "bad-input-path": Case(
        machine(("First", passes()), ("Second", passes(InputPath="$.gone"))), "Second", "Pass", "States.Runtime"
    ),
    "bad-output-path": Case(
        machine(("First", passes()), ("Second", passes(OutputPath="$.gone"))), "Second", "Pass", "States.Runtime"
    ),
    "bad-parameters": Case(machine(("Only", passes(Parameters={"a.$": "$.gone"}))), "Only", "Pass", "States.Runtime"),
    "bad-result-path": Case(
        machine(("Only", passes(Result=1, ResultPath="$.a.b"))),
        "Only",
        "Pass",
        "States.Runtime",
        input='{"a": 1}',
    ),
    "bad-wait": Case(machine(("Sleep", {"Type": "Wait", "SecondsPath": "$.gone"})), "Sleep", "Wait", "States.Runtime"),
    "bad-timestamp": Case(
        machine(("Sleep", {"Type": "Wait", "TimestampPath": "$.when"})),
        "Sleep",
        "Wait",
        "States.Runtime",
        input='{"when": "tomorrow"}',
    ),
    "bad-intrinsic": Case(
        machine(("First", passes()), ("Parse", passes(Parameters={"a.$": "States.StringToJson($.text)"}))),
        "Parse",
        "Pass",
        "States.Runtime",
        input='{"text": "{no json"}',
    ),
    "jsonata-over-no-list": Case(
        machine(("First", passes()), ("Orders", maps(machine(("Take", passes())))), QueryLanguage="JSONata"),
        "Orders",
        "Map",
        "States.QueryEvaluationError",
        "must be an array",
    ),
    "jsonata-without-match": Case(
        machine(
            ("Decide", {"Type": "Choice", "Choices": [{"Condition": False, "Next": "Accept"}]}),
            ("Accept", passes()),
            QueryLanguage="JSONata",
        ),
        "Decide",
        "Choice",
        "States.Runtime",
    ),
    "too-much-data": Case(
        machine(
            ("Blow up", passes(Result="x" * 200_000, ResultPath="$.b")),
            ("Repeat", passes(Parameters={"a.$": "$.b", "b.$": "$.b"})),
        ),
        "Repeat",
        "Pass",
        "States.DataLimitExceeded",
    ),
    # Tasks
    "lambda": Case(
        machine(("Call", task(NOWHERE))), "Call", "Task", "Exception", "Function not found", more={"resource": NOWHERE}
    ),
    "lambda-invoke": Case(
        machine(("Call", task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": NOWHERE}))),
        "Call",
        "Task",
        "Lambda.ResourceNotFoundException",
        more={"resource": "arn:aws:states:::lambda:invoke"},
    ),
    "no-bucket": Case(
        machine(("Get", NO_OBJECT)),
        "Get",
        "Task",
        "S3.NoSuchBucketException",
        "specified bucket does not exist",
        {"resource": GET_OBJECT},
    ),
    "no-key": Case(
        machine(("Get", task(GET_OBJECT, Parameters={"Bucket": "${bucket}", "Key": "k"}))),
        "Get",
        "Task",
        "S3.NoSuchKeyException",
    ),
    "no-queue": Case(
        machine(
            ("Tell", task("arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": "${queue}x", "MessageBody": "m"}))
        ),
        "Tell",
        "Task",
        "SQS.SdkClientException",
        "specified queue does not exist",
    ),
    # Timeouts
    "state-timeout": Case(
        machine(("Ask", task(SEND, Parameters=MESSAGE, TimeoutSeconds=1))), "Ask", "Task", "States.Timeout"
    ),
    "heartbeat": Case(
        machine(("Ask", task(SEND, Parameters=MESSAGE, TimeoutSeconds=60, HeartbeatSeconds=1))),
        "Ask",
        "Task",
        "States.Timeout",
    ),
    "definition-timeout": Case(
        machine(("Before", passes()), ("Sleep", waits()), TimeoutSeconds=1),
        None,
        None,
        None,
        "as a whole while in state Sleep (Wait)",
        code=25,
    ),
    "definition-timeout-in-parallel": Case(
        machine(
            ("Both", parallel(machine(("Fine", passes())), machine(("Sleep", waits())), machine(("Doze", waits())))),
            TimeoutSeconds=1,
        ),
        None,
        None,
        None,
        "as a whole while in states ",
        code=25,
    ),
    # Nested executions
    "nested-sync": Case(machine(("Call", nested("fail", "sync"))), "Reject", "Fail", "Boom", "it went off"),
    "nested-sync-2": Case(
        machine(("Before", passes()), ("Call", nested("map", "sync:2"))),
        "Orders",
        "Map",
        "States.QueryEvaluationError",
    ),
    "nested-twice": Case(machine(("Top", nested("nested-sync", "sync:2"))), "Reject", "Fail", "Boom"),
    "nested-in-a-map": Case(
        machine(("Runs", maps(machine(("Call", nested("fail", "sync")))))), "Reject", "Fail", "Boom", input="[1]"
    ),
    "nested-timeout": Case(
        machine(("Call", nested("definition-timeout", "sync"))), "Call", "Task", "States.TaskFailed"
    ),
    "nested-unknown": Case(
        machine(
            (
                "Call",
                task(
                    "arn:aws:states:::states:startExecution.sync",
                    Parameters={"StateMachineArn": "arn:aws:states:eu-west-1:000000000000:stateMachine:nowhere"},
                ),
            )
        ),
        "Call",
        "Task",
        "StepFunctions.StateMachineDoesNotExistException",
    ),
}
