"""Names and ARNs."""

import re
import string

import pytest

from job import naming

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:nightly"


@pytest.mark.parametrize("qualifier", ["", ":3", ":PROD"])
def test_an_executions_arn_never_has_the_qualifier(qualifier: str) -> None:
    """A version's and an alias's executions are the state machine's."""
    assert naming.execution_arn(MACHINE + qualifier, "run-1") == (
        "arn:aws:states:eu-west-1:123456789012:execution:nightly:run-1"
    )
    assert naming.unqualified(MACHINE + qualifier) == MACHINE


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("a-1", 1),
        ("a-5000", 5000),
        ("a-0", None),
        ("a-01", None),
        ("a-b", None),
        ("b-1", None),
        ("a", None),
        ("a-1-1", None),
    ],
)
def test_a_count_is_read_back_from_counted_names_only(name: str, count: int | None) -> None:
    """Other people's names are not ours."""
    assert naming.count_of(name, "a") == count


def test_counting_and_reading_are_inverse() -> None:
    """Also for a base that ends like a counted name, or holds what a regular expression would read."""
    for base in ("a", "a-1", "a.b+c", "x" * 78):
        assert naming.count_of(naming.counted(base, 7), base) == 7


@pytest.mark.parametrize(
    "wrong",
    [*'<>{}[]?*"#%\\^|~`$&,;:/ \t\n', "\x00", "\x7f", "\x9f", "\u2028", "\ufffe", "\uffff", "\U0010ffff", "\ud800"],
)
def test_what_aws_forbids_in_a_name_is_refused(wrong: str) -> None:
    """Each by itself; the message is printable."""
    problem = naming.problem_with_base(f"a{wrong}b")
    assert problem
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("base", "named"), [("a/b", "/"), ("a b", "U+0020"), ("a\u2028b", "U+2028"), ("a\x00b:c", "U+0000, :")]
)
def test_each_wrong_character_is_named(base: str, named: str) -> None:
    """By itself where one can see it, else by its number."""
    assert f"must not hold {named}: AWS allows" in str(naming.problem_with_base(base))


def test_the_message_lists_what_is_forbidden() -> None:
    """Every character that one can see, and no other."""
    forbidden = {one for one in string.punctuation if naming.problem_with_base(one)}
    assert set(str(naming.problem_with_base(" ")).split("none of ")[1].split(" ")) == forbidden


def test_a_base_leaves_room_for_its_count() -> None:
    """AWS's 80 characters include it, and the message says how many are left."""
    assert naming.problem_with_base("x" * 78) is None
    assert "at most 78 characters: AWS allows 80" in str(naming.problem_with_base("x" * 79))


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
        ("aws-eusc", "eusc-de-east-1", "console.amazonaws-eusc.eu"),
    ],
)
def test_the_console_link_is_the_partitions(partition: str, region: str, host: str) -> None:
    """With the region and the execution in it."""
    arn = f"arn:{partition}:states:{region}:123456789012:execution:nightly:run-1"
    assert naming.console_url(arn) == f"https://{host}/states/home?region={region}#/v2/executions/details/{arn}"


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("nightly", "nightly"),
        ("a+b=c,d.e@f-g_h", "a+b=c,d.e@f-g_h"),
        ("nächtlich ü", "n-chtlich-"),
        ("ab", "ab"),
        ("Nightly-RUN", "Nightly-RUN"),
        ("x", "sfn-job-x"),
        ("日本", "sfn-job--"),
        ("x" * 59 + "-2026", "x" * 59 + "-2026"),
        ("y" * 65 + "-2026", "y" * 59 + "-2026"),
    ],
)
def test_a_role_session_is_named_as_its_run_and_as_aws_allows(base: str, name: str) -> None:
    """2 to 64 of AWS's characters; of a longer base the end, where dates and digests are."""
    assert naming.session_name(base) == name
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)


def test_a_partition_without_a_public_console_has_no_link() -> None:
    """Better none than a wrong one."""
    assert naming.console_url("arn:aws-iso:states:us-iso-east-1:123456789012:execution:nightly:run-1") is None


@pytest.mark.parametrize(
    ("run_id", "index", "base"),
    [
        ("a-run", None, "sfn-job-a-run-484d9350f0337a01a291"),
        ("a-run", "0", "sfn-job-a-run-0-22dd9a881bba8e7b6fdb"),
        ("a-run/0", None, "sfn-job-a-run-0-22dd9a881bba8e7b6fdb"),
        ("a b", None, "sfn-job-a-b-c8687a08aa5d6ed20443"),
        ("a-b", None, "sfn-job-a-b-d44362d67d921091c7b9"),
        ("x" * 300, None, "sfn-job-" + "x" * 40 + "-0d4e2ca9e9cbced7a7a5"),
        ("prod/nightly 2026-11-22", None, "sfn-job-prod-nightly-2026-11-22-b0e0ad85f9794c6508bf"),
        (
            "1c1d4e0f-5b7a-4d38-9a94-6f5f0ddc8a11",
            "12",
            "sfn-job-1c1d4e0f-5b7a-4d38-9a94-6f5f0ddc8a11-12-88d203c909858b74fed7",
        ),
        ("X-Prod", None, "sfn-job-X-Prod-eb7b57d3ff58ac63d48d"),
        ("ü", None, "sfn-job--607474ca475a9724d736"),
    ],
)
def test_the_name_made_from_a_run_id_never_changes(run_id: str, index: str | None, base: str) -> None:
    """A promise to every run that is restarted after an upgrade: none of these lines may ever change."""
    assert naming.base_for_run(run_id, index) == base


@pytest.mark.parametrize("run_id", ["a", "x" * 5000, "ü" * 100, "a/b:c d*?", "-" * 50, "\U0001f600", "\n", "..", "0"])
@pytest.mark.parametrize("index", [None, "0", "99999"])
def test_a_name_made_from_a_run_id_is_one_that_aws_takes(run_id: str, index: str | None) -> None:
    """Safe characters only, and room for a count of ten digits in AWS's 80."""
    base = naming.base_for_run(run_id, index)
    assert naming.problem_with_base(base) is None
    assert set(base) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
    assert len(naming.counted(base, 10**10 - 1)) <= naming.LONGEST


def test_different_runs_have_different_names() -> None:
    """Also those that differ only in what names don't allow, in case, or beyond what is readable."""
    ids = ["a b", "a-b", "a/b", "a  b", "A-b", "a-b ", " a-b", "-a-b", "a-b-", "x" * 41, "x" * 42, "ü", "é", "a\nb"]
    assert len({naming.base_for_run(run_id, None) for run_id in ids}) == len(ids)


@pytest.mark.parametrize(
    ("execution_name", "run_id", "index", "base"),
    [
        ("nightly", None, None, "nightly"),
        ("nightly", "a-run", None, "nightly"),
        ("nightly", None, "3", "nightly-3"),
        ("nightly", "a-run", "3", "nightly-3"),
        (None, "a-run", None, "sfn-job-a-run-484d9350f0337a01a291"),
        (None, "a-run", "0", "sfn-job-a-run-0-22dd9a881bba8e7b6fdb"),
        (None, None, None, None),
        (None, None, "3", None),
    ],
)
def test_a_base_is_the_users_name_or_made_from_the_run_id(
    execution_name: str | None, run_id: str | None, index: str | None, base: str | None
) -> None:
    """With the index of a fan-out behind it; without either the run gets a name of its own."""
    assert naming.base(execution_name, run_id, index) == base


def test_an_instance_profile_means_the_role_of_its_name() -> None:
    """Nobody can assume the profile itself."""
    role = "arn:aws:iam::123456789012:role/jobs/runner"
    assert naming.role_of(role) == role
    assert naming.role_of("arn:aws:iam::123456789012:instance-profile/jobs/runner") == role


@pytest.mark.parametrize(
    ("execution", "express"), [("execution:nightly:run-1", False), ("express:nightly:run-1:id", True)]
)
def test_an_arn_tells_an_express_execution_and_its_region(execution: str, *, express: bool) -> None:
    """Of whatever name."""
    arn = f"arn:aws:states:eu-west-1:123456789012:{execution}"
    assert naming.is_express(arn) is express
    assert naming.region_of(arn) == "eu-west-1"


def test_a_fresh_base_is_nobody_elses() -> None:
    """A name that AWS takes, and each time another one."""
    bases = [naming.fresh_base() for _ in range(100)]
    assert len(set(bases)) == 100
    assert all(re.fullmatch("sfn-job-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", base) for base in bases)
