"""Names and starts (contract 3): every run gets an execution of its own, exactly one, whatever answers are lost."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from job.outcomes import Outcome
from tests.hostile import (
    Fault,
    HostileEndpoint,
    access_denied,
    cut_after,
    cut_before,
    cut_midway,
    empty,
    garbage,
    hang_after,
    internal_failure,
    json_without_fields,
    page,
    reset,
    service_unavailable,
    throttling,
)
from tests.hostile.faults import altered
from tests.support.localstack import LocalStack
from tests.support.process import Finished, Job, eventually
from tests.support.results import ends_with, reached_nothing

WAIT = {"SFN_WAIT_FOR_SUCCESS_OR_FAILURE": "true"}
NIGHTLY = {"SFN_EXECUTION_NAME": "nightly"}
IMPATIENT = {"SFN_READ_TIMEOUT": "0.5"}
MINUTE = 60.0
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
LOST = [
    cut_after(),
    cut_midway(),
    reset(done=True),
    hang_after(),
    garbage(done=True),
    empty(done=True),
    json_without_fields(done=True),
    page(502, done=True),
    internal_failure(done=True),
    service_unavailable(done=True),
]
"""The start is carried out, and its answer doesn't say so."""


def by_name(fault: Fault) -> str:
    return fault.name


def seed(aws: HostileEndpoint, count: int, **options: Any) -> None:
    """Let `nightly` have run so many times already, once a minute until now."""
    now = time.time()
    for number in range(1, count + 1):
        aws.seed(f"nightly-{number}", started=now - (count - number + 1) * MINUTE, **options)


# Dates that aren't AWS's


@pytest.mark.parametrize(
    ("age", "started"), [(3 * 365 * 86_400.0, 1), (3_600.0, 2), (2.5, 17)], ids=["years", "an hour", "seconds"]
)
def test_a_stand_in_whose_dates_are_wrong_is_not_asked_for_executions_without_end(
    age: float, started: int, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Each answer says that the name was taken before; in the end what was asked for is taken for what was started."""
    aws.fail("StartExecution", altered(startDate=time.time() - age), times=None)
    aws.fail("DescribeExecution", altered(startDate=time.time() - age), times=None)
    result = ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)["result"]
    assert aws.started == started
    assert (result["runCount"], result["resumed"]) == (started, False)


def test_dates_in_whole_seconds_are_taken_for_what_they_are(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """What was started just now then seems to be from before that."""
    aws.fail("StartExecution", altered(startDate=int(time.time())), times=None)
    ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)
    assert aws.started == 1


# The name


def test_without_a_name_the_execution_gets_one_of_its_own(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """`sfn-job-<uuid4>-1`; what the user gave, nothing, shows as an empty text."""
    document = ends_with(run_job(), Outcome.SUCCESS)
    (name,) = aws.executions
    assert re.fullmatch(rf"sfn-job-{UUID4}-1", name)
    assert document["result"]["name"] == name
    assert document["invocation"]["fields"]["execution_name"] == ""


def test_counts_begin_at_one_and_go_on_from_run_to_run(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Each run with the same base gets the next count, and says which."""
    documents = [ends_with(run_job(**NIGHTLY, **WAIT), Outcome.SUCCESS) for _ in range(3)]
    assert list(aws.executions) == ["nightly-1", "nightly-2", "nightly-3"]
    assert [document["result"]["runCount"] for document in documents] == [1, 2, 3]
    assert [document["result"]["name"] for document in documents] == ["nightly-1", "nightly-2", "nightly-3"]
    assert {document["result"]["resumed"] for document in documents} == {False}
    assert {document["invocation"]["fields"]["execution_name"] for document in documents} == {"nightly"}


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "RUNNING"])
def test_a_closed_or_running_execution_of_the_name_is_not_touched(
    status: Any, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """`new` means new: an earlier execution of the same name, and the same input, is somebody else's."""
    earlier = aws.seed("nightly-1", status, input='{"a":1}', started=time.time() - 60)
    document = ends_with(run_job(SFN_INPUT='{"a":1}', **NIGHTLY), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-2"
    assert document["result"]["resumed"] is False
    assert aws.started == 1
    assert earlier.status == status


def test_an_execution_that_was_stopped_keeps_its_name(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """An ABORTED one's name is taken too."""
    aws.seed("nightly-1", "RUNNING")
    aws.stop_execution("nightly-1")
    assert ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)["result"]["name"] == "nightly-2"


@pytest.mark.parametrize("age", [0.0, 0.3, 1.2])
def test_a_running_execution_of_the_same_input_is_never_taken_for_ours(
    age: float, aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """AWS returns it for our request as if it were new; its start date says that it isn't."""
    began = time.time() - age
    earlier = aws.seed("nightly-1", "RUNNING", input="{}", started=began)
    document = ends_with(start_job(**NIGHTLY).finish(), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-2"
    assert document["result"]["executionArn"] != earlier.arn
    assert aws.started == 1


@pytest.mark.parametrize("skew", [-7.4, 7.4])
def test_a_clock_that_is_wrong_here_doesnt_matter(skew: float) -> None:
    """Whether AWS's clock is ahead or behind: ours is ours, and another's is another's."""
    from tests.conftest import environment

    with HostileEndpoint(clock=lambda: time.time() + skew) as aws:
        aws.plan(duration=None)
        variables = environment(aws.url, aws.state_machine_arn, **NIGHTLY)
        first = ends_with(Job(variables).finish(), Outcome.SUCCESS)
        pause = time.monotonic() + 1.2
        eventually(lambda: time.monotonic() > pause, "AWS's idempotence window of a second is over")
        second = ends_with(Job(variables).finish(), Outcome.SUCCESS)
        assert [first["result"]["name"], second["result"]["name"]] == ["nightly-1", "nightly-2"]
        assert aws.started == 2


def test_localstack_running_and_closed_ones_are_told_apart_from_ours(
    run_locally: Callable[..., Finished], machines: dict[str, str], localstack: LocalStack
) -> None:
    """The same with a real implementation of StartExecution: a run straight after another's start isn't given that."""
    client = localstack.client("stepfunctions")
    arn = client.start_execution(stateMachineArn=machines["linger"], name="told-apart-1", input="{}")["executionArn"]
    first = ends_with(run_locally("linger", SFN_EXECUTION_NAME="told-apart", SFN_INPUT="{}"), Outcome.SUCCESS)
    assert first["result"]["name"] == "told-apart-2"
    client.stop_execution(executionArn=arn)
    second = ends_with(run_locally("linger", SFN_EXECUTION_NAME="told-apart", SFN_INPUT="{}"), Outcome.SUCCESS)
    assert second["result"]["name"] == "told-apart-3"


def test_two_jobs_of_one_name_get_an_execution_each(aws: HostileEndpoint, start_job: Callable[..., Job]) -> None:
    """Started more than a second apart and both waiting, each waits for its own."""
    aws.plan(duration=3)
    first = start_job(**NIGHTLY, **WAIT)
    aws.wait_for("StartExecution")
    pause = time.monotonic() + 1.1
    eventually(lambda: time.monotonic() > pause, "AWS's idempotence window of a second is over")
    second = start_job(**NIGHTLY, **WAIT)
    names = [ends_with(job.finish(), Outcome.SUCCESS)["result"]["name"] for job in (first, second)]
    assert names == ["nightly-1", "nightly-2"]
    assert aws.started == 2


def test_jobs_of_one_name_and_other_inputs_get_an_execution_each_at_any_moment(
    aws: HostileEndpoint, start_job: Callable[..., Job]
) -> None:
    """With different inputs not even AWS's idempotence window makes two runs share one."""
    aws.plan(duration=2)
    jobs = [start_job(SFN_INPUT=f'{{"job":{number}}}', **NIGHTLY, **WAIT) for number in range(3)]
    arns = {ends_with(job.finish(), Outcome.SUCCESS)["result"]["executionArn"] for job in jobs}
    assert len(arns) == 3
    assert sorted(execution.input for execution in aws.executions.values()) == [f'{{"job":{n}}}' for n in range(3)]


# The next free count


@pytest.mark.parametrize("count", [1, 2, 10, 1000, 5000])
@pytest.mark.parametrize(
    ("unlisted", "requests"), [(0, 20), (10, 20), (5000, 40)], ids=["all listed", "new ones missing", "none listed"]
)
def test_the_next_count_is_found_in_few_requests(
    count: int, unlisted: int, requests: int, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """However often a name ran before, and however late ListExecutions is with new ones."""
    seed(aws, count)
    aws.list_lag = (unlisted + 0.5) * MINUTE
    document = ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)
    assert document["result"]["name"] == f"nightly-{count + 1}"
    assert document["result"]["runCount"] == count + 1
    assert len(aws.requests) <= requests


@pytest.mark.parametrize("count", [1, 1000, 5000])
def test_without_permission_to_list_the_count_is_found_too(
    count: int, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """ListExecutions is a hint only; without it there is a warning, and somewhat more requests."""
    seed(aws, count)
    aws.fail("ListExecutions", access_denied(), times=None)
    finished = run_job(**NIGHTLY)
    assert ends_with(finished, Outcome.SUCCESS)["result"]["name"] == f"nightly-{count + 1}"
    assert len(aws.requests) <= 40
    assert [event["level"] for event in finished.events] == ["WARNING", "INFO", "INFO"]


def test_other_names_on_the_same_state_machine_do_not_count(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Only `<base>-<count>` is this base's: not a longer base, not a count with zeros or letters."""
    for name in ("nightly-1", "nightly-10x", "nightly-old-44", "nightly-007", "xnightly-50", "nightly", "nightly-"):
        aws.seed(name)
    assert ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)["result"]["name"] == "nightly-2"


def test_a_base_that_ends_in_a_count_is_a_base_like_any_other(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """`nightly-1` as a base is not the first run of `nightly`."""
    seed(aws, 3)
    assert ends_with(run_job(SFN_EXECUTION_NAME="nightly-1"), Outcome.SUCCESS)["result"]["name"] == "nightly-1-1"


@pytest.mark.parametrize("fault", [throttling(), service_unavailable(), cut_before()], ids=by_name)
def test_passing_faults_while_looking_for_a_count_are_ridden_out(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Neither the list nor a look at one name gives up at the first trouble."""
    seed(aws, 5)
    aws.fail("ListExecutions", fault)
    aws.fail("DescribeExecution", fault)
    assert ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)["result"]["name"] == "nightly-6"


def test_a_version_and_its_state_machine_share_their_names(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """An execution of a version takes its name from the state machine's; the count goes on."""
    seed(aws, 2)
    arn = f"{aws.state_machine_arn}:3"
    document = ends_with(run_job(SFN_STATE_MACHINE_ARN=arn, **NIGHTLY), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-3"
    assert aws.executions["nightly-3"].qualifier == "3"


def test_a_name_that_fills_its_limit_is_sent(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """78 characters and `-1` are AWS's 80."""
    ends_with(run_job(SFN_EXECUTION_NAME="n" * 78), Outcome.SUCCESS)
    assert list(aws.executions) == ["n" * 78 + "-1"]


def test_a_longer_name_is_refused_before_anything_is_sent(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """79 characters leave no room for a count."""
    document = ends_with(run_job(SFN_EXECUTION_NAME="n" * 79), Outcome.DATA_VALIDATION_ERROR)
    assert [problem["variable"] for problem in document["errors"]] == ["SFN_EXECUTION_NAME"]
    assert aws.requests == []


def test_a_name_that_its_count_makes_too_long_is_a_wrong_variable(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """78 characters have nine counts; the tenth run is told so, and gets no shorter name that might be another's."""
    for number in range(1, 10):
        aws.seed(f"{'n' * 78}-{number}")
    document = ends_with(run_job(SFN_EXECUTION_NAME="n" * 78), Outcome.DATA_VALIDATION_ERROR)
    assert "SFN_EXECUTION_NAME" in document["status_description"]
    assert reached_nothing(document)
    assert aws.started == 0


# Lost answers


@pytest.mark.parametrize("named", [{}, NIGHTLY], ids=["own name", "user's name"])
@pytest.mark.parametrize("fault", LOST, ids=by_name)
def test_a_start_whose_answer_is_lost_happened_once(
    fault: Fault, named: dict[str, str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The execution still runs when it is asked for again: it is recognised as this run's."""
    aws.plan(duration=2)
    aws.fail("StartExecution", fault)
    document = ends_with(run_job(**named, **IMPATIENT), Outcome.SUCCESS)
    assert aws.started == 1
    assert document["changed"] is True
    assert document["result"]["executionArn"] in {execution.arn for execution in aws.executions.values()}
    assert (document["result"]["runCount"], document["result"]["resumed"]) == (1, False)


@pytest.mark.parametrize(
    ("status", "outcome"), [("SUCCEEDED", Outcome.SUCCESS), ("FAILED", Outcome.EXECUTION_FAILED)], ids=["good", "bad"]
)
@pytest.mark.parametrize("named", [{}, NIGHTLY], ids=["own name", "user's name"])
@pytest.mark.parametrize("fault", [cut_after(), hang_after(), garbage(done=True)], ids=by_name)
def test_an_unheard_execution_that_has_already_ended_is_ours(
    fault: Fault,
    named: dict[str, str],
    status: Any,
    outcome: Outcome,
    aws: HostileEndpoint,
    run_job: Callable[..., Finished],
) -> None:
    """Its name is taken by the time of the second request, by this very run: it is reported, and not run twice."""
    aws.plan(duration=0.0, status=status, error="Boom")
    aws.fail("StartExecution", fault)
    document = ends_with(run_job(**named, **IMPATIENT, **WAIT), outcome)
    assert aws.started == 1
    assert document["changed"] is True
    assert document["result"]["status"] == status
    assert document["result"]["runCount"] == 1


@pytest.mark.parametrize("fault", [cut_after(), internal_failure(done=True)], ids=by_name)
def test_answers_lost_many_times_are_one_execution(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Each further request returns the first one's execution."""
    aws.plan(duration=None)
    aws.fail("StartExecution", fault, times=4)
    document = ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-1"
    assert aws.started == 1


@pytest.mark.parametrize("fault", [cut_after(), garbage(done=True)], ids=by_name)
def test_a_start_that_is_never_answered_is_looked_up(
    fault: Fault, aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """When the window has passed and AWS has the execution, it is this run's, and the wait begins."""
    aws.plan(duration=0.5)
    aws.fail("StartExecution", fault, times=None)
    document = ends_with(run_job(SFN_RETRY_WINDOW="0.2", **NIGHTLY, **WAIT), Outcome.SUCCESS)
    assert aws.started == 1
    assert document["changed"] is True
    assert document["result"]["status"] == "SUCCEEDED"


def test_a_start_that_stays_unknown_is_told_as_such(aws: HostileEndpoint, run_job: Callable[..., Finished]) -> None:
    """Where AWS can't be asked any more, the sentence names the execution that may run."""
    aws.fail("*", cut_after(), times=None)
    document = ends_with(run_job(SFN_RETRY_WINDOW="0.2", **NIGHTLY), Outcome.CONNECTION_ERROR)
    assert "nightly-1" in document["status_description"]


def test_a_lost_answer_over_a_taken_name_leads_to_the_next_count(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """The request that was lost had been refused: what has the name isn't ours, though our doubt is about it."""
    earlier = aws.seed("nightly-1", started=time.time() - 60)
    aws.fail("StartExecution", cut_after())
    document = ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-2"
    assert document["result"]["executionArn"] != earlier.arn
    assert aws.started == 1


def test_a_lost_answer_over_a_running_execution_of_the_same_input_is_not_ours(
    aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Lost answer and idempotence together: what AWS returned, unheard, was another's."""
    aws.seed("nightly-1", "RUNNING", started=time.time() - 60)
    aws.fail("StartExecution", cut_after())
    document = ends_with(run_job(**NIGHTLY), Outcome.SUCCESS)
    assert document["result"]["name"] == "nightly-2"
    assert aws.started == 1


@pytest.mark.parametrize("fault", [cut_before(), reset(), empty(), page(502)], ids=by_name)
@pytest.mark.parametrize("named", [{}, NIGHTLY], ids=["own name", "user's name"])
def test_a_start_that_never_arrived_happens_once(
    fault: Fault, named: dict[str, str], aws: HostileEndpoint, run_job: Callable[..., Finished]
) -> None:
    """Nothing was done for the first request, so the second one does it, under the first count."""
    aws.fail("StartExecution", fault)
    document = ends_with(run_job(**named, **WAIT), Outcome.SUCCESS)
    assert aws.started == 1
    assert document["result"]["runCount"] == 1
