"""Runs that survive restarts (contract 3): what SFN_RERUN says where the run's name has run before, and run ids."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from job.outcomes import Outcome
from tests.conftest import environment
from tests.hostile import Fault, HostileEndpoint, Request, access_denied, cut_after, error, garbage, hang_after
from tests.hostile.operations import OPERATIONS
from tests.hostile.wire import Answer, AwsError, Wire
from tests.support.process import Finished, Job, eventually
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
NIGHTLY = {"SFN_EXECUTION_NAME": "nightly"}
RUN = {"SFN_RUN_ID": "a-run"}
RUN_BASE = "sfn-job-a-run-484d9350f0337a01a291"
RESUME = {"SFN_RERUN": "resume", **NIGHTLY}
IMPATIENT = {"SFN_READ_TIMEOUT": "0.5"}
MINUTE = 60.0
LAG = 3.0
"""Seconds that AWS is behind with what it shows, where a test says that it is."""


class Eventual(HostileEndpoint):
    """Where AWS shows one thing and knows another: each is set by the test, by an execution's name."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: set[str] = set()
        """Listed, and their names taken, but DescribeExecution doesn't know them."""
        self.pending: dict[str, int] = {}
        """For so many answers yet the execution is PENDING_REDRIVE."""
        self.reformats = False
        """Whether inputs are described compacted, whatever they were given like; as LocalStack does."""
        self.redrive_lag = 0.0
        """Seconds for which a redriven execution is described as it was before."""
        self._before: dict[str, Answer] = {}

    def _operate(self, request: Request) -> Answer:
        arn = request.body.get("executionArn", "")
        name = arn.rpartition(":")[2]
        if request.operation == "RedriveExecution" and name in self.executions:
            before = OPERATIONS["DescribeExecution"](self, {"executionArn": arn})
            answer = super()._operate(request)
            self._before.setdefault(name, before)
            return answer
        if request.operation != "DescribeExecution":
            return super()._operate(request)
        if name in self.gone:
            raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        answer = super()._operate(request)
        redriven = self.executions[name].redrive_date
        if redriven is not None and self.clock() < redriven + self.redrive_lag:
            return self._before[name]
        shown = json.loads(answer.body)
        if self.pending.get(name):
            self.pending[name] -= 1
            shown["status"] = "PENDING_REDRIVE"
            del shown["stopDate"]
        if self.reformats:
            shown["input"] = json.dumps(json.loads(shown["input"]), separators=(",", ":"))
        return replace(answer, body=json.dumps(shown).encode())


@pytest.fixture
def aws() -> Iterator[Eventual]:
    """The hostile endpoint, friendly until told otherwise, and eventually consistent."""
    with Eventual() as endpoint:
        yield endpoint


def by_name(fault: Fault) -> str:
    return fault.name


def seed(aws: HostileEndpoint, counts: range | list[int], base: str = "nightly", **options: Any) -> None:
    """Let the base have run with these counts already, once a minute until now."""
    now = time.time()
    for place, count in enumerate(reversed(counts), 1):
        aws.seed(f"{base}-{count}", started=now - place * MINUTE, **options)


# The table: how the newest execution of the name stands, and what each policy makes of it


def nothing(_: Eventual) -> None:
    pass


def running(aws: Eventual, input: str = "{}") -> None:
    """It goes on until a little after the job has begun to look."""
    aws.seed("nightly-1", "SUCCEEDED", input, time.time() - MINUTE, duration=MINUTE + 2)


def running_with_another_input(aws: Eventual) -> None:
    running(aws, '{"another":1}')


def closed(status: Any) -> Callable[[Eventual], None]:
    def prepare(aws: Eventual) -> None:
        aws.seed("nightly-1", status, started=time.time() - MINUTE, duration=1.0, error="Boom")

    prepare.__name__ = status
    return prepare


def aborted(aws: Eventual) -> None:
    aws.seed("nightly-1", "RUNNING", started=time.time() - MINUTE)
    aws.stop_execution("nightly-1", "Boom")


def deleted(aws: Eventual) -> None:
    closed("SUCCEEDED")(aws)
    aws.gone.add("nightly-1")


def pending_redrive(aws: Eventual) -> None:
    closed("SUCCEEDED")(aws)
    aws.pending["nightly-1"] = 3


class Ends(NamedTuple):
    """What a run comes to: its outcome, the executions and redrives that it caused, and what it reports of which."""

    outcome: Outcome
    started: int = 0
    run_count: int | None = None
    resumed: bool | None = None
    redrives: int = 0


STARTS_1 = Ends(Outcome.SUCCESS, started=1, run_count=1, resumed=False)
STARTS_2 = Ends(Outcome.SUCCESS, started=1, run_count=2, resumed=False)
JOINS = Ends(Outcome.SUCCESS, run_count=1, resumed=True)
REDRIVES = Ends(Outcome.SUCCESS, run_count=1, resumed=True, redrives=1)
REFUSED = Ends(Outcome.DATA_VALIDATION_ERROR)
SAYS_23 = Ends(Outcome.EXECUTION_FAILED, run_count=1, resumed=True)
SAYS_24 = Ends(Outcome.EXECUTION_ABORTED, run_count=1, resumed=True)
SAYS_25 = Ends(Outcome.EXECUTION_TIMED_OUT, run_count=1, resumed=True)

TABLE: dict[Callable[[Eventual], None], tuple[Ends, Ends, Ends, Ends, Ends]] = {
    # the newest execution:        new       once      resume    redrive   fail
    nothing:                    (STARTS_1, STARTS_1, STARTS_1, STARTS_1, STARTS_1),
    running:                    (STARTS_2, JOINS,    JOINS,    JOINS,    REFUSED),
    running_with_another_input: (STARTS_2, JOINS,    JOINS,    JOINS,    REFUSED),
    closed("SUCCEEDED"):        (STARTS_2, JOINS,    JOINS,    JOINS,    REFUSED),
    closed("FAILED"):           (STARTS_2, SAYS_23,  STARTS_2, REDRIVES, REFUSED),
    aborted:                    (STARTS_2, SAYS_24,  STARTS_2, REDRIVES, REFUSED),
    closed("TIMED_OUT"):        (STARTS_2, SAYS_25,  STARTS_2, REDRIVES, REFUSED),
    deleted:                    (STARTS_2, STARTS_2, STARTS_2, STARTS_2, REFUSED),
    pending_redrive:            (STARTS_2, JOINS,    JOINS,    JOINS,    REFUSED),
}  # fmt: skip
POLICIES = ("new", "once", "resume", "redrive", "fail")


@pytest.mark.parametrize(
    ("prepare", "policy", "ends"),
    [
        pytest.param(prepare, policy, ends, id=f"{prepare.__name__}-{policy}")
        for prepare, row in TABLE.items()
        for policy, ends in zip(POLICIES, row, strict=True)
    ],
)
def test_what_each_policy_does_where_the_name_has_run(
    prepare: Callable[[Eventual], None],
    policy: str,
    ends: Ends,
    aws: Eventual,
    run_job: Callable[..., Finished],
) -> None:
    """Contract 3, whole: what is started, what is reported, and how the run ends."""
    prepare(aws)
    document = ends_with(run_job(SFN_RERUN=policy, **NIGHTLY, **WAIT), ends.outcome)
    result = document["result"] or {}
    assert (
        Ends(
            ends.outcome,
            aws.started,
            result.get("runCount"),
            result.get("resumed"),
            sum(execution.redrive_count for execution in aws.executions.values()),
        )
        == ends
    )
    assert result.get("name") == (ends.run_count and f"nightly-{ends.run_count}")
    assert document["changed"] is (ends.run_count is not None)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("SUCCEEDED", Outcome.SUCCESS),
        ("FAILED", Outcome.EXECUTION_FAILED),
        ("TIMED_OUT", Outcome.EXECUTION_TIMED_OUT),
    ],
)
def test_without_waiting_an_ended_execution_is_reported_as_it_ended(
    status: Any, outcome: Outcome, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """`once` again: it is known how the run ended, so it is said."""
    closed(status)(aws)
    document = ends_with(run_job(SFN_RERUN="once", **NIGHTLY), outcome)
    assert (document["result"]["status"], document["result"]["resumed"]) == (status, True)
    assert aws.started == 0


def test_without_waiting_a_running_execution_is_reported_as_running(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """The restarted run has nothing to do."""
    aws.seed("nightly-1", "RUNNING", started=time.time() - MINUTE)
    document = ends_with(run_job(**RESUME), Outcome.SUCCESS)
    assert (document["result"]["status"], document["result"]["resumed"]) == ("RUNNING", True)
    assert aws.started == 0


@pytest.mark.parametrize("another", ['{"another":1}', "no JSON"])
def test_another_input_under_the_runs_own_name_is_warned_of(
    another: str, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """And resume keeps its meaning."""
    running(aws, another)
    finished = run_job(**RESUME, **WAIT)
    ends_with(finished, Outcome.SUCCESS)
    warnings = [event for event in finished.events if event["level"] == "WARNING"]
    assert [event["message"] for event in warnings] == ["this run's execution has another input"]


def test_a_twin_that_started_a_moment_ago_and_does_not_show_yet_is_joined(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """Its execution is the run's, whether or not the clocks can tell who began it."""

    def start_first(wire: Wire, answer: Answer) -> None:
        aws.seed("nightly-1", "RUNNING")
        aws.gone.add("nightly-1")
        wire.wait(0.1)
        wire.send(answer)

    aws.fail("ListExecutions", Fault("a twin starts", done=True, play=start_first))
    result = ends_with(run_job(**RESUME), Outcome.SUCCESS)["result"]
    assert (result["name"], result["status"], result["resumed"]) == ("nightly-1", "RUNNING", True)
    assert aws.started == 0


@pytest.mark.parametrize("formatted", ['{"a": [1, 2]}', '{ "a":[1,2] }\n'])
def test_the_same_input_shown_in_another_format_is_not_warned_of(
    formatted: str, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """AWS promises the same JSON, not the same text."""
    aws.reformats = True
    aws.seed("nightly-1", input=formatted, started=time.time() - MINUTE)
    finished = run_job(SFN_INPUT=formatted, **RESUME)
    ends_with(finished, Outcome.SUCCESS)
    assert not [event for event in finished.events if event["level"] == "WARNING"]


# What a run is


@pytest.mark.parametrize(
    ("variables", "started"),
    [
        (RUN, 0),
        ({"AWS_BATCH_JOB_ID": "a-run"}, 0),
        ({"SFN_RUN_ID": "a-run", "AWS_BATCH_JOB_ID": "another"}, 0),
        ({"SFN_RUN_ID": "a-run", "SFN_RERUN": "new"}, 1),
        ({"SFN_RUN_ID": "a-run", "JOB_COMPLETION_INDEX": "0"}, 1),
        ({"SFN_RUN_ID": "another"}, 1),
        ({}, 1),
    ],
)
def test_a_run_id_is_resumed_and_nothing_else(
    variables: dict[str, str], started: int, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """Without SFN_RERUN: `resume` with a run id, also AWS Batch's, else `new`."""
    aws.seed(f"{RUN_BASE}-1", started=time.time() - MINUTE)
    document = ends_with(run_job(**variables), Outcome.SUCCESS)
    assert aws.started == started
    assert document["result"]["resumed"] is (started == 0)


def test_a_name_alone_is_new(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """Names are shared by many runs; only a run id says that it is the same run."""
    seed(aws, [1])
    assert ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)["result"]["name"] == "nightly-2"


def test_a_name_with_a_run_id_is_the_names_run(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """The name is the base, and the run id makes `resume` the default."""
    seed(aws, [1])
    assert ends_with(run_job(**NIGHTLY, **RUN), Outcome.SUCCESS)["result"]["name"] == "nightly-1"
    assert aws.started == 0


@pytest.mark.parametrize("index", ["JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"])
@pytest.mark.parametrize("named", [RUN, NIGHTLY], ids=["run id", "name"])
def test_each_index_of_a_fan_out_is_a_run_of_its_own(
    named: dict[str, str], index: str, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """The index is part of the identity: two get an execution each, and a restarted one finds its own."""
    names = [
        ends_with(run_job(SFN_RERUN="resume", **{index: number}, **named), Outcome.SUCCESS)["result"]["name"]
        for number in ("0", "1", "0")
    ]
    assert names[0] == names[2] != names[1]
    assert sorted(aws.executions) == sorted(set(names))
    assert aws.started == 2


# Restarts


@pytest.mark.parametrize("wait", [{}, WAIT], ids=["not waiting", "waiting"])
def test_a_restart_after_success_starts_none(
    wait: dict[str, str], aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """It reports the same execution, and says that it is resumed."""
    first, second = (ends_with(run_job(**RUN, **wait), Outcome.SUCCESS)["result"] for _ in range(2))
    assert aws.started == 1
    assert first["executionArn"] == second["executionArn"]
    assert (first["resumed"], second["resumed"]) == (False, True)


@pytest.mark.parametrize("duration", [0.0, 0.5])
def test_a_restart_after_failure_starts_the_next_count(
    duration: float, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """Each attempt that was told of its failure is followed by one execution, at once, however short it was."""
    aws.plan(duration, "FAILED", error="Boom")
    counts = [ends_with(run_job(**RUN, **WAIT), Outcome.EXECUTION_FAILED)["result"]["runCount"] for _ in range(3)]
    assert counts == [1, 2, 3]
    assert aws.started == 3


def test_a_restart_after_failure_starts_none_under_once(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """The failure is reported again."""
    aws.plan(0.0, "FAILED", error="Boom")
    for _ in range(3):
        document = ends_with(run_job(SFN_RERUN="once", **RUN, **WAIT), Outcome.EXECUTION_FAILED)
        assert document["result"]["runCount"] == 1
    assert aws.started == 1


@pytest.mark.parametrize("operation", ["ListExecutions", "StartExecution", "DescribeExecution"])
def test_a_job_killed_around_its_start_leaves_one_execution(
    operation: str, aws: Eventual, start_job: Callable[..., Job], run_job: Callable[..., Finished]
) -> None:
    """The killed one's execution is found, or was never started."""
    aws.plan(duration=2)
    killed = start_job(**RUN, **WAIT)
    aws.wait_for(operation)
    killed.process.kill()
    killed.process.wait()
    document = ends_with(run_job(**RUN, **WAIT), Outcome.SUCCESS)
    assert aws.started == 1
    assert document["result"]["runCount"] == 1


# AWS is behind with what it shows


@pytest.mark.parametrize("policy", ["once", "resume", "redrive"])
@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
@pytest.mark.parametrize(("list_lag", "describe_lag"), [(LAG, 0), (0, LAG), (LAG, LAG)], ids=["list", "one", "both"])
def test_an_execution_that_aws_does_not_show_yet_is_not_started_again(
    list_lag: float,
    describe_lag: float,
    status: Any,
    policy: str,
    aws: Eventual,
    run_job: Callable[..., Finished],
) -> None:
    """A restart within seconds of the start: the claim says that the name is taken, whatever is shown."""
    aws.list_lag, aws.describe_lag = list_lag, describe_lag
    if status == "RUNNING":
        aws.seed(f"{RUN_BASE}-1", started=time.time(), duration=LAG + 2)
    else:
        aws.seed(f"{RUN_BASE}-1", status, started=time.time())
    document = ends_with(run_job(SFN_RERUN=policy, **RUN, **WAIT), Outcome.SUCCESS)
    assert aws.started == 0
    assert (document["result"]["runCount"], document["result"]["resumed"]) == (1, True)


@pytest.mark.parametrize(("list_lag", "describe_lag"), [(LAG, 0), (0, LAG), (LAG, LAG)], ids=["list", "one", "both"])
def test_an_execution_that_aws_does_not_show_yet_is_waited_for(
    list_lag: float, describe_lag: float, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """The run's own: that DescribeExecution doesn't know it is no news."""
    aws.list_lag, aws.describe_lag = list_lag, describe_lag
    assert ends_with(run_job(**RUN, **WAIT), Outcome.SUCCESS)["result"]["status"] == "SUCCEEDED"
    assert aws.started == 1


def test_a_restart_that_only_the_claim_can_tell_says_resumed(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """Not listed yet, still running, the same input: AWS returns it as if it had been started now."""
    aws.list_lag = MINUTE
    aws.plan(duration=None)
    first = ends_with(run_job(**RUN), Outcome.SUCCESS)["result"]
    second = ends_with(run_job(**RUN), Outcome.SUCCESS)["result"]
    assert aws.started == 1
    assert (first["resumed"], second["resumed"]) == (False, True)


# Two at once


def look_together(aws: Eventual, jobs: int = 2) -> None:
    """Let each of so many jobs see that there is nothing yet, and none go on before all have seen it."""
    barrier = threading.Barrier(jobs)

    def play(wire: Wire, answer: Answer) -> None:
        barrier.wait(60)
        wire.send(answer)

    aws.fail("ListExecutions", Fault("together", True, play), times=jobs)


@pytest.mark.parametrize("wait", [{}, WAIT], ids=["not waiting", "waiting"])
@pytest.mark.parametrize("duration", [0.0, 1.0])
def test_two_jobs_of_one_run_at_the_same_instant_share_one_execution(
    duration: float, wait: dict[str, str], aws: Eventual, start_job: Callable[..., Job]
) -> None:
    """A Job may briefly have two pods: both report it, and that one of them has started it."""
    look_together(aws)
    aws.plan(duration)
    twins = [start_job(**RUN, **wait) for _ in range(2)]
    results = [ends_with(twin.finish(), Outcome.SUCCESS)["result"] for twin in twins]
    assert aws.started == 1
    assert {result["name"] for result in results} == {f"{RUN_BASE}-1"}
    assert False in {result["resumed"] for result in results}


@pytest.mark.parametrize("policy", ["once", "resume"])
def test_a_twin_whose_execution_failed_at_once_does_not_make_another(
    policy: str, aws: Eventual, start_job: Callable[..., Job]
) -> None:
    """Two processes at the same instant are one attempt: what FAILED meanwhile is what both report."""
    look_together(aws)
    aws.plan(0.0, "FAILED", error="Boom")
    twins = [start_job(SFN_RERUN=policy, **RUN, **WAIT) for _ in range(2)]
    results = [ends_with(twin.finish(), Outcome.EXECUTION_FAILED)["result"] for twin in twins]
    assert aws.started == 1
    assert {result["runCount"] for result in results} == {1}


def test_two_new_runs_of_one_name_at_once_get_an_execution_each(aws: Eventual, start_job: Callable[..., Job]) -> None:
    """The second claims while the first's execution is some hundredths of a second old, and unlisted."""
    aws.plan(duration=3.0)
    aws.list_lag = MINUTE
    first = start_job(SFN_RERUN="new", **NIGHTLY, **WAIT)
    aws.wait_for("StartExecution")
    born = time.time()
    eventually(lambda: time.time() > born + 0.1, "a tenth of a second has passed")
    second = start_job(SFN_RERUN="new", **NIGHTLY, **WAIT)
    results = [ends_with(job.finish(), Outcome.SUCCESS)["result"] for job in (first, second)]
    assert [result["name"] for result in results] == ["nightly-1", "nightly-2"]
    assert [result["resumed"] for result in results] == [False, False]
    assert aws.started == 2


# The newest count


@pytest.mark.parametrize(
    ("policy", "counts", "name"),
    [
        ("resume", [7, 9], "nightly-9"),
        ("redrive", [7, 9], "nightly-9"),
        ("new", [1, 7, 9], "nightly-10"),
        ("once", [3, 4, 5], "nightly-5"),
        ("once", [1, 2, 4], "nightly-4"),
    ],
)
def test_counts_with_gaps_go_on_from_the_newest(
    policy: str, counts: list[int], name: str, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """The older names are free again, 90 days later, and nobody takes them."""
    seed(aws, counts)
    assert ends_with(run_job(SFN_RERUN=policy, **NIGHTLY), Outcome.SUCCESS)["result"]["name"] == name


@pytest.mark.parametrize("permitted", [True, False], ids=["listed", "not listed"])
@pytest.mark.parametrize(("policy", "count"), [("resume", 5000), ("new", 5001)])
def test_a_name_that_ran_5000_times_costs_a_handful_of_requests(
    policy: str,
    count: int,
    permitted: bool,
    aws: Eventual,
    run_job: Callable[..., Finished],
    record_property: Callable[[str, object], None],
) -> None:
    """At most 20 requests in all; some more where executions can't be listed."""
    seed(aws, range(1, 5001))
    if not permitted:
        aws.fail("ListExecutions", access_denied(), times=None)
    document = ends_with(run_job(SFN_RERUN=policy, **NIGHTLY), Outcome.SUCCESS)
    record_property("requests", len(aws.requests))
    print(f"{len(aws.requests)} requests for {policy} after 5,000 runs, listed: {permitted}")
    assert document["result"]["runCount"] == count
    assert len(aws.requests) <= (20 if permitted else 40)


def test_a_name_that_its_count_makes_too_long_is_a_wrong_variable(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """78 characters, and the ninth run has failed: the tenth has no name."""
    seed(aws, [9], "n" * 78, status="FAILED")
    document = ends_with(run_job(SFN_EXECUTION_NAME="n" * 78, SFN_RERUN="resume"), Outcome.DATA_VALIDATION_ERROR)
    assert "SFN_EXECUTION_NAME" in document["status_description"]
    assert reached_nothing(document)
    assert aws.started == 0


# Answers that are lost


@pytest.mark.parametrize("policy", ["new", "once", "resume", "redrive"])
def test_a_lost_start_that_aws_does_not_show_yet_is_not_started_again(
    policy: str, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """Its name is taken, by an execution that has ended and that DescribeExecution doesn't know yet: whose but ours?"""
    aws.plan(duration=0.0)
    aws.describe_lag = LAG
    aws.fail("StartExecution", cut_after())
    ends_with(run_job(SFN_RERUN=policy, **NIGHTLY, **WAIT), Outcome.SUCCESS)
    assert aws.started == 1


@pytest.mark.parametrize("duration", [0.0, 2.0], ids=["closed", "running"])
@pytest.mark.parametrize("policy", ["once", "resume", "redrive"])
@pytest.mark.parametrize("fault", [cut_after(), hang_after(), garbage(done=True)], ids=by_name)
def test_a_start_whose_answer_is_lost_is_this_runs_own(
    fault: Fault, policy: str, duration: float, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """One execution, and it isn't mistaken for another process's."""
    aws.plan(duration)
    aws.fail("StartExecution", fault)
    document = ends_with(run_job(SFN_RERUN=policy, **RUN, **WAIT, **IMPATIENT), Outcome.SUCCESS)
    assert aws.started == 1
    assert document["result"]["status"] == "SUCCEEDED"
    assert (document["result"]["runCount"], document["result"]["resumed"]) == (1, False)


@pytest.mark.parametrize("input", ['{"a": 1.50}', '{"a":1}'])
@pytest.mark.parametrize("policy", ["new", "resume"])
def test_a_lost_answer_is_recognised_whatever_the_inputs_format(
    policy: str, input: str, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """The execution has ended by the time of the second request, so that input and date must tell whose it is."""
    aws.reformats = True
    aws.plan(duration=0.0)
    aws.fail("StartExecution", cut_after())
    ends_with(run_job(SFN_RERUN=policy, SFN_INPUT=input, **NIGHTLY, **WAIT), Outcome.SUCCESS)
    assert aws.started == 1


def test_a_lost_start_of_an_execution_that_failed_at_once_is_not_tried_again(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """It is this attempt's own failure, not an earlier one's."""
    aws.plan(0.0, "FAILED", error="Boom")
    aws.fail("StartExecution", cut_after())
    document = ends_with(run_job(**RUN, **WAIT), Outcome.EXECUTION_FAILED)
    assert aws.started == 1
    assert (document["result"]["runCount"], document["result"]["resumed"]) == (1, False)


# Redrive


REDRIVE = {"SFN_RERUN": "redrive", **NIGHTLY, **WAIT}


def fail_before(aws: Eventual, age: float = MINUTE) -> str:
    """Let `nightly-1` have FAILED; return its ARN."""
    return aws.seed("nightly-1", "FAILED", started=time.time() - age, error="Boom", cause="of old").arn


def test_a_redriven_execution_is_the_same_one(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """The same ARN, redriven once; nothing of its failure is left in the result."""
    arn = fail_before(aws)
    result = ends_with(run_job(**REDRIVE), Outcome.SUCCESS)["result"]
    assert result["executionArn"] == arn
    assert (result["status"], result["output"], result["resumed"]) == ("SUCCEEDED", '{"ok":true}', True)
    assert not {"error", "cause", "failedState"} & set(result)
    assert aws.executions["nightly-1"].redrive_count == 1
    assert aws.started == 0


def test_a_redriven_execution_that_is_not_waited_for_is_running(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """What the redrive began goes on."""
    fail_before(aws)
    aws.plan(duration=None)
    result = ends_with(run_job(SFN_RERUN="redrive", **NIGHTLY), Outcome.SUCCESS)["result"]
    assert result["status"] == "RUNNING"
    assert not {"error", "cause", "stopDate"} & set(result)


def test_answers_from_before_the_redrive_are_not_taken_for_its_end(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """DescribeExecution is eventually consistent: for a while it shows the old failure."""
    fail_before(aws)
    aws.redrive_lag = LAG
    aws.plan(duration=1.0)
    assert ends_with(run_job(**REDRIVE), Outcome.SUCCESS)["result"]["status"] == "SUCCEEDED"
    assert aws.executions["nightly-1"].redrive_count == 1


def test_a_redriven_execution_that_fails_again_says_so(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """One redrive for one attempt."""
    fail_before(aws)
    aws.plan(0.5, "FAILED", error="Again")
    result = ends_with(run_job(**REDRIVE), Outcome.EXECUTION_FAILED)["result"]
    assert result["error"] == "Again"
    assert aws.executions["nightly-1"].redrive_count == 1


def test_each_attempt_redrives_once(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """The second redrive isn't taken for the first one, repeated."""
    aws.plan(0.5, "FAILED", error="Again")
    for _ in range(3):
        ends_with(run_job(SFN_RERUN="redrive", **RUN, **WAIT), Outcome.EXECUTION_FAILED)
    assert aws.executions[f"{RUN_BASE}-1"].redrive_count == 2
    assert aws.started == 1


def test_where_nobody_knows_of_redriving_the_next_count_is_started(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """As with some stand-ins for AWS: surely nothing was carried out."""
    fail_before(aws)
    aws.fail("RedriveExecution", error("UnknownOperationException"))
    assert ends_with(run_job(**REDRIVE), Outcome.SUCCESS)["result"]["runCount"] == 2


def test_a_redrive_that_is_denied_shows_what_was_to_be_redriven(
    aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """An earlier attempt of the run triggered it."""
    arn = fail_before(aws)
    aws.fail("RedriveExecution", access_denied())
    document = ends_with(run_job(**REDRIVE), Outcome.AUTHORIZATION_ERROR)
    assert (document["changed"], document["result"]["executionArn"]) == (True, arn)
    assert "may have been started" not in document["status_description"]


def test_what_is_not_redrivable_gets_the_next_count(aws: Eventual, run_job: Callable[..., Finished]) -> None:
    """AWS allows it for 14 days."""
    fail_before(aws, age=15 * 24 * 60 * MINUTE)
    result = ends_with(run_job(**REDRIVE), Outcome.SUCCESS)["result"]
    assert (result["name"], result["resumed"]) == ("nightly-2", False)
    assert aws.started == 1


@pytest.mark.parametrize("fault", [cut_after(), hang_after(), garbage(done=True)], ids=by_name)
@pytest.mark.parametrize("duration", [0.0, 1.0], ids=["ended", "running"])
def test_a_redrive_whose_answer_is_lost_happens_once(
    duration: float, fault: Fault, aws: Eventual, run_job: Callable[..., Finished]
) -> None:
    """AWS takes the repeated request for the same one."""
    fail_before(aws)
    aws.plan(duration)
    aws.fail("RedriveExecution", fault)
    ends_with(run_job(**REDRIVE, **IMPATIENT), Outcome.SUCCESS)
    assert aws.executions["nightly-1"].redrive_count == 1
    assert aws.started == 0


@pytest.mark.parametrize("lag", [0.0, LAG], ids=["shown at once", "shown late"])
def test_two_jobs_that_redrive_at_once_redrive_once(lag: float, aws: Eventual, start_job: Callable[..., Job]) -> None:
    """Both wait for what it comes to."""
    fail_before(aws)
    look_together(aws)
    aws.redrive_lag = lag
    aws.plan(duration=1.5)
    twins = [start_job(**REDRIVE) for _ in range(2)]
    results = [ends_with(twin.finish(), Outcome.SUCCESS)["result"] for twin in twins]
    assert {result["status"] for result in results} == {"SUCCEEDED"}
    assert aws.executions["nightly-1"].redrive_count == 1
    assert aws.started == 0


def test_two_jobs_whose_redrive_failed_at_once_redrive_once(aws: Eventual, start_job: Callable[..., Job]) -> None:
    """Two processes at the same instant are one attempt, here too."""
    fail_before(aws)
    look_together(aws)
    aws.plan(0.0, "FAILED", error="Again")
    twins = [start_job(**REDRIVE) for _ in range(2)]
    results = [ends_with(twin.finish(), Outcome.EXECUTION_FAILED)["result"] for twin in twins]
    assert {result["error"] for result in results} == {"Again"}
    assert aws.executions["nightly-1"].redrive_count == 1


def test_a_version_of_the_state_machine_resumes_as_the_state_machine_does(aws: Eventual) -> None:
    """Names belong to the state machine, so a run that goes on with another version is the same run."""
    seed(aws, [1], RUN_BASE)
    variables = environment(aws.url, f"{aws.state_machine_arn}:3", **RUN)
    result = ends_with(Job(variables).finish(), Outcome.SUCCESS)["result"]
    assert (result["name"], result["resumed"]) == (f"{RUN_BASE}-1", True)
    assert aws.started == 0
