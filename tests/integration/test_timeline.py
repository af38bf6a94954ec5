"""The timeline of histories as LocalStack writes them, with all kinds of states."""

from __future__ import annotations

import json
from typing import Any

import pytest

from job.report import timeline
from job.report.bars import Bar, Timeline
from tests.support.failing import BOOM, ONCE, ROLE, TO_RECOVER, machine, maps, parallel, passes, task, waits
from tests.support.localstack import LocalStack
from tests.support.process import eventually

NOBODY = "arn:aws:states:eu-west-1:000000000000:execution:nothing:nobody"
NOT_THERE = task("arn:aws:states:::aws-sdk:sfn:describeExecution", Parameters={"ExecutionArn": NOBODY})
CALL = task("arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": "${child}"})
ERROR = "Sfn.ExecutionDoesNotExistException"

DEFINITIONS: dict[str, dict[str, Any]] = {
    "child": machine(("Take", passes())),
    "parallel": machine(
        ("Both", parallel(machine(("First", passes()), ("Second", passes())), machine(("Sleep", waits(1))))),
        ("After", passes()),
    ),
    "map": machine(("Each", maps(machine(("Take", passes()), ("Put", passes())), MaxConcurrency=1))),
    "map-of-maps": machine(("Outer", maps(machine(("Inner", maps(machine(("Take", passes())))))))),
    "caught": machine(("Get", {**NOT_THERE, "Retry": ONCE, "Catch": TO_RECOVER, "End": True}), ("Recover", passes())),
    "caught-parallel": machine(
        ("Both", parallel(machine(("Guilty", BOOM)), Retry=ONCE, Catch=TO_RECOVER, End=True)), ("Recover", passes())
    ),
    "nested": machine(("Call", CALL)),
    "running": machine(("Sleep", waits(600))),
}
INPUTS = {"map": "[7, 8, 9]", "map-of-maps": "[[1, 2], [3]]"}


@pytest.fixture(scope="module")
def timelines(localstack: LocalStack) -> dict[str, Timeline]:
    """All of them at once, when they have ended."""
    client = localstack.client("stepfunctions")
    arns: dict[str, str] = {}
    for name, definition in DEFINITIONS.items():
        text = json.dumps(definition).replace("${child}", arns.get("child", ""))
        made = client.create_state_machine(name=f"timeline-{name}", definition=text, roleArn=ROLE)
        arns[name] = made["stateMachineArn"]
    runs = {
        name: client.start_execution(stateMachineArn=arn, input=INPUTS.get(name, "{}"))["executionArn"]
        for name, arn in arns.items()
    }

    def drawn(name: str) -> Timeline:
        def there() -> bool:
            if name == "running":
                return timeline.bars(client.get_execution_history(executionArn=runs[name])["events"]).bars != []
            return bool(client.describe_execution(executionArn=runs[name])["status"] != "RUNNING")

        eventually(there, f"{name} has got far enough")
        pages = client.get_paginator("get_execution_history").paginate(executionArn=runs[name])
        return timeline.bars(event for page in pages for event in page["events"])

    found = {name: drawn(name) for name in runs}
    client.stop_execution(executionArn=runs["running"])
    return found


def told(bars: list[Bar]) -> list[Any]:
    """Return the bars as texts, each with a list of those in it behind it."""
    texts: list[Any] = []
    for bar in bars:
        texts.append(f"{bar.name or f'{bar.kind} {bar.number}'}: {bar.status}")
        if bar.children:
            texts.append(told(bar.children))
    return texts


def test_branches_stand_beside_each_other(timelines: dict[str, Timeline]) -> None:
    both, after = timelines["parallel"].bars
    assert sorted(map(str, told(both.children)[1::2])) == [
        "['First: succeeded', 'Second: succeeded']",
        "['Sleep: succeeded']",
    ]
    assert told([both])[0] == "Both: succeeded"
    assert after.name == "After"
    assert both.end
    assert both.end <= after.start
    assert 0.9 < (both.end - both.start).total_seconds() < 10


def test_each_item_has_its_states(timelines: dict[str, Timeline]) -> None:
    taken = ["Take: succeeded", "Put: succeeded"]
    items = [line for index in range(3) for line in (f"item {index}: succeeded", taken)]
    assert told(timelines["map"].bars) == ["Each: succeeded", items]
    assert timelines["map"].bars[0].length == 3


def test_items_in_items_keep_apart(timelines: dict[str, Timeline]) -> None:
    outer = timelines["map-of-maps"].bars[0]
    inside = [sorted(inner.number for inner in item.children[0].children) for item in outer.children]
    assert {item.number: numbers for item, numbers in zip(outer.children, inside, strict=True)} == {0: [0, 1], 1: [0]}


def test_attempts_have_their_errors(timelines: dict[str, Timeline]) -> None:
    get, recover = timelines["caught"].bars
    assert told([get, recover]) == ["Get: caught", "Recover: succeeded"]
    assert [attempt.error for attempt in get.attempts] == [ERROR, ERROR]
    assert get.resource == "aws-sdk:sfn:describeExecution"
    assert get.attempts[0].end
    assert (get.attempts[1].start - get.attempts[0].end).total_seconds() > 0.9


def test_a_parallel_that_is_tried_again_shows_both_attempts(timelines: dict[str, Timeline]) -> None:
    both, recover = timelines["caught-parallel"].bars
    assert told([both]) == [
        "Both: caught",
        ["branch 1: failed", ["Guilty: failed"], "branch 1: failed", ["Guilty: failed"]],
    ]
    assert [branch.attempt for branch in both.children] == [1, 2]
    assert told([recover]) == ["Recover: succeeded"]


def test_a_nested_execution_is_known(timelines: dict[str, Timeline]) -> None:
    assert ":execution:timeline-child:" in (timelines["nested"].bars[0].execution_arn or "")


def test_what_goes_on_is_running(timelines: dict[str, Timeline]) -> None:
    assert told(timelines["running"].bars) == ["Sleep: running"]
    assert timelines["running"].status == "running"
