"""Names made from any text."""

import re

from hypothesis import given
from hypothesis import strategies as st

from job import naming

TEXTS = st.text(min_size=1, max_size=300) | st.text("ab-./\u00e9", min_size=60, max_size=90)
INDEXES = st.none() | st.integers(0, 10**10).map(str)
COUNTS = st.integers(1, 10**10 - 1)


def is_legal(name: str) -> bool:
    """By AWS's rules for a name, written down anew: letters of any language, and no forbidden character."""
    forbidden = set('<>{}[]?*"#%\\^|~`$&,;:/')
    return 1 <= len(name) <= 80 and not any(
        one in forbidden or one.isspace() or ord(one) < 32 or 127 <= ord(one) < 160 or 0xD800 <= ord(one) < 0xE000
        for one in name
    )


@given(run_id=TEXTS, index=INDEXES, count=COUNTS)
def test_the_name_of_any_run_is_legal(run_id: str, index: str | None, count: int) -> None:
    """With its count, in AWS's 80 characters."""
    base = naming.base_for_run(run_id, index)
    assert naming.problem_with_base(base) is None
    assert is_legal(naming.counted(base, count))
    assert re.fullmatch(r"[\w.-]{1,69}", base, re.ASCII)


@given(text=st.text(st.characters(exclude_categories=()), min_size=1, max_size=100))
def test_a_base_is_accepted_just_where_its_first_name_is_legal(text: str) -> None:
    """So nothing is sent that AWS refuses; of the characters without a meaning a few more are refused."""
    problem = naming.problem_with_base(text)
    assert problem or is_legal(naming.counted(text, 1))
    if problem:
        assert problem.isprintable()
        assert not is_legal(naming.counted(text, 1)) or any(one in text for one in "\ufffe\uffff\U0010ffff")


@given(runs=st.lists(st.tuples(TEXTS, INDEXES), min_size=2, max_size=20, unique=True))
def test_runs_have_names_of_their_own(runs: list[tuple[str, str | None]]) -> None:
    """Whatever their ids have in common; ``a/1`` and index 1 of ``a`` are one identity, as documented."""
    identities = {run_id if index is None else f"{run_id}/{index}" for run_id, index in runs}
    assert len({naming.base_for_run(*run) for run in runs}) == len(identities)


@given(base=TEXTS, other=TEXTS, count=COUNTS)
def test_a_count_is_read_back_of_the_own_base_only(base: str, other: str, count: int) -> None:
    """Of another base none, but where that base is itself a counted name's beginning."""
    name = naming.counted(base, count)
    assert naming.count_of(name, base) == count
    found = naming.count_of(name, other)
    assert found is None or naming.counted(other, found) == name


@given(name=TEXTS, base=TEXTS, tail=st.text(max_size=5))
def test_only_counted_names_have_a_count(name: str, base: str, tail: str) -> None:
    """The very name is made of base and count again."""
    for text in (name, f"{base}{tail}", f"{base}-{tail}", f"{base}-{tail}1"):
        count = naming.count_of(text, base)
        assert count is None or (count >= 1 and naming.counted(base, count) == text)


@given(base=TEXTS)
def test_any_base_names_a_session(base: str) -> None:
    """By AWS's rule for RoleSessionName; what is legal there and short enough stays as it is."""
    name = naming.session_name(base)
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)
    assert name == base or not re.fullmatch(r"[\w+=,.@-]{2,64}", base, re.ASCII)
