"""Which failures are final, and which give a new pod: the job's exit codes against the rendered podFailurePolicy."""

import pytest

from job.outcomes import Outcome
from tests.chart.failure_policy import action
from tests.chart.helm import FIRST, NEWEST, OLDEST, container, files, job_spec, render, variables

SCHEDULE = {"mode": "cronjob", "schedule": "0 3 * * *"}
FAN_OUT = {"mode": "indexed", "inputs": [{}, {}]}
RESUME = {"config": {"rerun": "resume"}}
NEW = {"config": {"rerun": "new"}}
SETTINGS = {2: "FailJob", 3: "FailJob", 20: "FailJob"}
"""What no new pod can mend."""
ENDED = {23: "FailJob", 24: "FailJob", 25: "FailJob", 26: "FailJob"}
PASSING = {1: "Count", 10: "Count", 11: "Count", 130: "Count", 143: "Count"}
BY_INDEX = {20: "FailIndex", 23: "FailIndex", 24: "FailIndex", 25: "FailIndex", 26: "FailIndex"}
AGAIN = dict.fromkeys(ENDED, "Count")


@pytest.mark.parametrize("version", [OLDEST, "1.28.0", NEWEST])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, SETTINGS | ENDED | PASSING),
        (SCHEDULE, SETTINGS | ENDED | PASSING),
        (RESUME, SETTINGS | AGAIN | PASSING),
        ({"config": {"rerun": "redrive"}}, SETTINGS | AGAIN | PASSING),
        (NEW, SETTINGS | ENDED | PASSING),
    ],
    ids=["once", "cronjob", "resume", "redrive", "new"],
)
def test_each_exit_code_has_its_consequence(version: str, values: dict[str, object], expected: dict[int, str]) -> None:
    """All codes of the job but 0, none forgotten."""
    policy = job_spec(render(values, version=version))["podFailurePolicy"]
    assert {code: action(policy, "sfn-job", code) for code in Outcome if code} == expected


@pytest.mark.parametrize("version", ["1.29.0", NEWEST])
def test_an_index_fails_by_itself(version: str) -> None:
    """A bad line and a failed execution are one index's; wrong credentials are everybody's."""
    spec = job_spec(render(FAN_OUT, version=version))
    expected = SETTINGS | BY_INDEX | PASSING
    assert {code: action(spec["podFailurePolicy"], "sfn-job", code) for code in Outcome if code} == expected
    assert (spec["backoffLimitPerIndex"], "backoffLimit" in spec, "maxFailedIndexes" in spec) == (3, False, False)


@pytest.mark.parametrize("version", [OLDEST, "1.28.0"])
def test_before_it_could_the_job_fails(version: str) -> None:
    """FailIndex and the limits by index came with 1.29."""
    spec = job_spec(render(FAN_OUT, version=version))
    expected = SETTINGS | ENDED | PASSING
    assert {code: action(spec["podFailurePolicy"], "sfn-job", code) for code in Outcome if code} == expected
    assert spec["backoffLimit"] == 3
    assert not {"backoffLimitPerIndex", "maxFailedIndexes"} & set(spec)


def test_a_disruption_does_not_count() -> None:
    """But a result that is there already stays final."""
    policy = job_spec(render())["podFailurePolicy"]
    assert action(policy, "sfn-job", 143, ["DisruptionTarget"]) == "Ignore"
    assert action(policy, "sfn-job", 137, ["DisruptionTarget"]) == "Ignore"
    assert action(policy, "sfn-job", 23, ["DisruptionTarget"]) == "FailJob"
    assert action(policy, "sfn-job", 137) == "Count"


@pytest.mark.parametrize("config", [{"rerun": "new"}, {"rerun": "fail"}, {"stateMachineType": "express"}], ids=str)
def test_no_new_pod_where_it_would_start_another_execution(config: dict[str, str]) -> None:
    """Not after a disruption either."""
    spec = job_spec(render({"config": config}))
    assert spec["backoffLimit"] == 0
    assert action(spec["podFailurePolicy"], "sfn-job", 143, ["DisruptionTarget"]) == "Count"


def test_a_neighbours_exit_code_decides_nothing() -> None:
    """The rules are about the job's own container."""
    assert action(job_spec(render())["podFailurePolicy"], "sidecar", 2) == "Count"
    assert container(render())["name"] == "sfn-job"


@pytest.mark.parametrize("version", [FIRST, "1.25.9"])
def test_an_older_cluster_goes_without(version: str) -> None:
    """There each failure is tried again, and `once` makes that harmless."""
    rendered = render(version=version)
    assert "podFailurePolicy" not in rendered["Job"]["spec"]
    assert variables(rendered)["SFN_RERUN"] == "once"


@pytest.mark.parametrize(
    ("values", "key", "expected"),
    [
        ({"backoffLimit": 0}, "backoffLimit", 0),
        (NEW | {"backoffLimit": 5}, "backoffLimit", 5),
        ({"activeDeadlineSeconds": 0}, "activeDeadlineSeconds", 0),
        ({"activeDeadlineSeconds": 2592000}, "activeDeadlineSeconds", 2592000),
        ({"ttlSecondsAfterFinished": 0}, "ttlSecondsAfterFinished", 0),
        (FAN_OUT | {"parallelism": 0}, "parallelism", 0),
        (FAN_OUT | {"completions": 0}, "completions", 0),
        (FAN_OUT | {"inputs": []}, "completions", 0),
        (FAN_OUT | {"maxFailedIndexes": 0}, "maxFailedIndexes", 0),
        (FAN_OUT | {"backoffLimitPerIndex": 0}, "backoffLimitPerIndex", 0),
        (FAN_OUT | {"backoffLimit": 0}, "backoffLimit", 0),
    ],
)
def test_a_number_is_taken_as_it_is(values: dict[str, object], key: str, expected: int) -> None:
    """0 is a value, and a large number isn't written as a fraction, which the API refuses."""
    assert f"\n  {key}: {expected}\n" in files(values)["job.yaml"]


def test_no_grace_is_a_grace() -> None:
    """0 here too; and the default is above the 30 s that the job may take."""

    def grace(values: dict[str, object]) -> int:
        seconds: int = job_spec(render(values))["template"]["spec"]["terminationGracePeriodSeconds"]
        return seconds

    assert grace({"terminationGracePeriodSeconds": 0}) == 0
    assert grace({}) > 30
