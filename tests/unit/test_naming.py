"""Names and ARNs."""

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


def test_a_base_leaves_room_for_its_count() -> None:
    """AWS's 80 characters include it."""
    assert naming.problem_with_base("x" * 78) is None
    assert naming.problem_with_base("x" * 79)


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_link_is_the_partitions(partition: str, region: str, host: str) -> None:
    """With the region and the execution in it."""
    arn = f"arn:{partition}:states:{region}:123456789012:execution:nightly:run-1"
    assert naming.console_url(arn) == f"https://{host}/states/home?region={region}#/v2/executions/details/{arn}"


def test_a_partition_without_a_public_console_has_no_link() -> None:
    """Better none than a wrong one."""
    assert naming.console_url("arn:aws-iso:states:us-iso-east-1:123456789012:execution:nightly:run-1") is None
