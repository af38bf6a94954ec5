"""The settings parser, given any environment and any files."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job import naming, result
from job.loading import load, unknown_variables
from job.secrets import FILE_SUFFIX, LARGEST
from job.settings import TABLE
from tests.support.examples import examples
from tests.support.results import FIELDS

ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"
NAMES = [name for row in TABLE for name in (row.variable, row.variable + FILE_SUFFIX)]
"""In the order in which problems come."""

FOREIGN = [
    "AWS_ACCESS_KEY_ID",
    "AWS_BATCH_JOB_ARRAY_INDEX",
    "AWS_BATCH_JOB_ID",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "JOB_COMPLETION_INDEX",
    "SFN_",
    "SFN_STATEMACHINE_ARN",
    "_X_AMZN_TRACE_ID",
]
PLAUSIBLE = [
    *("true", "No", "1", "0", "10", "2.5", "900", "1e3", "1_000", "\u0663", "nan", "-1", "9" * 5_000),
    *("Start Asynchronous Execution", "HTTPS With Credentials", "HTTPS", "SOCKS", "express", "resume", "fail", "new"),
    *(ARN, ARN + ":3", ARN.replace("aws:", "aws-cn:", 1), "arn:aws:iam::123456789012:role/a/b", "arn:", "eu-central-1"),
    *("{}", "[1e400, NaN]", '{"a": "\\ud800"}', "[" * 10_000, '"' + "x" * (LARGEST - 2) + '"', '"\u00e9"', "{"),
    *("http://h:1", "http://[::1]:1,https://h:2", "http://me:secret@h:1", "http://[", "//@", "http://h:\u00b2"),
    *("/", "/dev/null", "/proc/self/mem", "/nowhere/at/all", "\0", "a\nb", " ", "\ud800", "\udcff", "x" * LARGEST),
]
"""What somebody may set a variable to, if not always that one."""

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
VALUES = st.sampled_from(PLAUSIBLE) | ANY_TEXT
CONTENTS = VALUES.map(lambda text: text.encode(errors="surrogatepass")) | st.binary(max_size=40)
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters=":"), min_size=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def with_files(folder: Path, environ: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, str]:
    """The environment in which each of these variables names a file of this content."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {**environ, **{name: str(folder / name) for name in files}}


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    """Anything, often with what lets the rest mean something."""
    environ = draw(st.dictionaries(st.sampled_from([*NAMES, *FOREIGN]) | ANY_TEXT, VALUES, max_size=12))
    if draw(st.booleans()):
        environ["SFN_STATE_MACHINE_ARN"] = ARN
    if draw(st.booleans()):
        environ |= {"SFN_ROLE_BASED_ACCESS": "1", "SFN_USE_PROXY": "1", "SFN_PROXY_TYPE": "HTTPS With Credentials"}
    return environ


FILES = st.dictionaries(st.sampled_from([name for name in NAMES if name.endswith(FILE_SUFFIX)]), CONTENTS, max_size=4)


@given(environ=environments(), files=FILES)
def test_any_environment_is_understood_or_refused_in_words(
    folder: Path, environ: dict[str, str], files: dict[str, bytes]
) -> None:
    """Never another exception; every problem is of a variable that there is, in the table's order."""
    environ = with_files(folder, environ, files)
    loaded = load(environ)
    assert load(environ) == loaded
    places = [NAMES.index(problem.variable) // 2 for problem in loaded.problems]
    assert places == sorted(places)
    assert all(problem.message.isprintable() for problem in loaded.problems)
    assert list(loaded.fields) == FIELDS
    assert json.loads(result.encoded(loaded.fields)) == loaded.fields
    assert all(
        name not in NAMES and (nearest is None or nearest in NAMES) for name, nearest in unknown_variables(environ)
    )


@given(environ=environments(), files=FILES)
def test_what_is_accepted_can_be_sent(folder: Path, environ: dict[str, str], files: dict[str, bytes]) -> None:
    """The state machine, the region, a legal name, and an input that AWS doesn't find too long."""
    loaded = load(with_files(folder, environ | {"SFN_STATE_MACHINE_ARN": ARN}, files))
    settings = loaded.settings
    if loaded.problems:
        return
    assert naming.region_of(settings.state_machine_arn) == (settings.region or naming.region_of(ARN))
    base = naming.base(settings.execution_name, settings.run_id, settings.index)
    assert base is None or naming.problem_with_base(base) is None
    assert len((settings.input or "").encode()) <= LARGEST
    assert settings.polling_interval > 0
    assert settings.retry_window >= 0
    assert (settings.credentials_user is None) == (settings.credentials_password is None)
    assert settings.proxy is None or set(settings.proxy) <= {"http", "https"}


CASES: dict[str, tuple[list[str], list[str]]] = {
    "SFN_ACTION": (["Start Asynchronous Execution"], ["start", "\0"]),
    "SFN_REGION": (["eu-central-1"], ["Frankfurt", "eu-central-1 ", "us-east-1"]),
    "SFN_ROLE_BASED_ACCESS": (["yes", "no"], ["perhaps"]),
    "SFN_ROLE_ARN": (["arn:aws:iam::123456789012:role/a"], ["a", "arn:aws:iam::1:role/a"]),
    "SFN_STATE_MACHINE_ARN": ([ARN, f"{ARN}:PROD"], ["nightly", f"{ARN}:", ARN.replace("1:", "1::")]),
    "SFN_EXECUTION_NAME": (["nightly", "n\u00e4chtlich", "x" * 78], ["a b", "x" * 79]),
    "SFN_INPUT": (["{}", "1e999", '"\u00e9"'], ["{", "NaN", "'a'", '"' * LARGEST]),
    "SFN_USE_PROXY": (["on", "OFF"], ["y"]),
    "SFN_WAIT_FOR_SUCCESS_OR_FAILURE": (["1", "0"], ["2"]),
    "SFN_POLLING_INTERVAL": (["0.1", "60"], ["0", "-1", "inf", "10s"]),
    "SFN_PROXY_TYPE": (["HTTP", "HTTPS", "HTTPS With Credentials"], ["http"]),
    "SFN_PROXY": (["http://h:1", "http://h:1,https://[::1]:2"], ["h", "http://a:b@h:1", "http://h:0"]),
    "SFN_PROXY_CREDENTIALS_USER": (["somebody"], ["some:body"]),
    "SFN_PROXY_CREDENTIALS_PASSWORD": (["pass:word"], ["\udcff"]),
    "SFN_PROXY_CA_BUNDLE_FILE": ([], ["/nowhere/at/all", "/dev/null"]),
    "SFN_EXTERNAL_ID": (["id"], ["i", "i d"]),
    "SFN_ROLE_SESSION_NAME": (["me@here"], ["m", "x" * 65]),
    "SFN_ROLE_DURATION": (["900", "43200"], ["899", "1h", "9" * 5_000]),
    "SFN_RUN_ID": (["a/b c", "\u00fc"], ["\ud800", "x" * (LARGEST + 1)]),
    "SFN_RERUN": (["new", "fail"], ["always"]),
    "SFN_STATE_MACHINE_TYPE": (["auto", "standard"], ["Standard"]),
    "SFN_TRACE_HEADER": (["Root=1-5759e988-bd862e3fe1be46a994272793"], ["\u00e9", "x" * 257]),
    "SFN_WAIT_TIMEOUT": (["0", "1.5"], ["-0.1", "soon"]),
    "SFN_ON_WAIT_TIMEOUT": (["leave", "stop"], ["kill"]),
    "SFN_ON_TERMINATE": (["leave", "stop"], ["kill"]),
    "SFN_RETRY_WINDOW": (["0", "1e3"], ["nan"]),
    "SFN_CONNECT_TIMEOUT": (["5"], ["0"]),
    "SFN_READ_TIMEOUT": (["30"], ["0"]),
    "SFN_RESULT_PATH": (["/tmp/r"], ["/tmp/\0"]),  # noqa: S108 - nothing is written
    "SFN_TERMINATION_LOG": (["/tmp/t"], ["/tmp/\0"]),  # noqa: S108 - nothing is written
    "SFN_REPORT_PATH": (["/tmp/h"], ["/tmp/\0"]),  # noqa: S108 - nothing is written
    "SFN_REPORT_DATA": (["true"], ["all"]),
    "SFN_MASK_DATA": (["true"], ["all"]),
    "SFN_LOG_LEVEL": (["DEBUG"], ["debug"]),
    "SFN_LOG_FORMAT": (["text"], ["xml"]),
}
"""Values that are right whatever the others are, and values that are wrong where they are used at all."""

WITHOUT_CASES = {"SFN_CREDENTIALS_USER", "SFN_CREDENTIALS_PASSWORD", "SFN_INPUTS_FILE"}
"""The pair of credentials, of which any value is right, and the file of inputs, which needs a file."""

CASES |= {
    row.variable: found for row in TABLE if row.variable not in {*CASES, *WITHOUT_CASES} and any(found := examples(row))
}


def test_every_variable_has_cases() -> None:
    """Written above, where the kind of its row doesn't tell any."""
    assert set(CASES) | WITHOUT_CASES == {row.variable for row in TABLE}


@given(data=st.data())
def test_all_problems_come_at_once(data: st.DataObject) -> None:
    """Exactly what is wrong or missing, of what the right ones among the rest make mean something."""
    environ, wrong = {}, set()
    for variable, (good, bad) in CASES.items():
        value = data.draw(st.none() | st.sampled_from([*good, *bad]), label=variable)
        if value is not None:
            environ[variable] = value
            wrong |= {variable} if value in bad else set()
    given_ = {variable: value for variable, value in environ.items() if variable not in wrong}
    proxied, type_ = given_.get("SFN_USE_PROXY") == "on", given_.get("SFN_PROXY_TYPE", "")
    unused: dict[str, bool] = {
        "SFN_ROLE_ARN SFN_EXTERNAL_ID SFN_ROLE_SESSION_NAME SFN_ROLE_DURATION": (
            given_.get("SFN_ROLE_BASED_ACCESS") != "yes"
        ),
        "SFN_PROXY SFN_PROXY_TYPE": not proxied,
        "SFN_PROXY_CREDENTIALS_USER SFN_PROXY_CREDENTIALS_PASSWORD": not (proxied and type_.endswith("Credentials")),
        "SFN_PROXY_CA_BUNDLE_FILE": not (proxied and type_.startswith("HTTPS")),
        "SFN_REPORT_DATA": "SFN_REPORT_PATH" not in given_,
    }
    irrelevant = {variable for names, holds in unused.items() if holds for variable in names.split()}
    required = {row.variable for row in TABLE if row.required} - set(environ)
    if environ.get("SFN_REGION") == "us-east-1" and "SFN_STATE_MACHINE_ARN" not in given_:
        wrong -= {"SFN_REGION"}  # it contradicts nothing
    unreadable = {"SFN_PROXY_CREDENTIALS_PASSWORD"} & wrong  # as text, wherever it would be used
    expected = ((wrong | required) - irrelevant) | unreadable
    assert {problem.variable for problem in load(environ).problems} == expected


SECRET_VARIABLES = [
    "SFN_CREDENTIALS_USER",
    "SFN_CREDENTIALS_PASSWORD",
    "SFN_PROXY_CREDENTIALS_USER",
    "SFN_PROXY_CREDENTIALS_PASSWORD",
]
"""Written out, so as not to trust the job's table."""


@given(
    environ=environments(),
    first=st.dictionaries(st.sampled_from(SECRET_VARIABLES), SECRETS, min_size=1),
    data=st.data(),
    in_files=st.booleans(),
)
def test_nothing_that_is_shown_depends_on_a_secret(
    folder: Path, environ: dict[str, str], first: dict[str, str], data: st.DataObject, in_files: bool
) -> None:
    """With other secrets fields, problems and warnings are the same: so none of them is in there, in whatever form."""
    environ = {name: value for name, value in environ.items() if name.removesuffix(FILE_SUFFIX) not in SECRET_VARIABLES}
    shown = []
    for given_ in (first, {variable: data.draw(SECRETS, label=variable) for variable in first}):
        if in_files:
            loaded = load(with_files(folder, environ, {f"{name}_FILE": text.encode() for name, text in given_.items()}))
        else:
            loaded = load({**environ, **given_})
        shown.append((loaded.fields, loaded.problems, loaded.settings.execution_name))
        assert loaded.secrets >= set(given_.values())
    assert shown[0] == shown[1]


@given(environ=environments(), variable=st.sampled_from(NAMES), around=st.tuples(ANY_TEXT, ANY_TEXT))
def test_no_problem_repeats_the_value(environ: dict[str, str], variable: str, around: tuple[str, str]) -> None:
    """It may be a secret that went into the wrong variable."""
    loaded = load({**environ, variable: "Tr0ub4dor".join(around)})
    assert not any("Tr0ub4dor" in problem.message for problem in loaded.problems)


TEXTS = st.text() | st.sampled_from(["http://h", "me@here"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@given(value=JSON, indent=st.none() | st.integers(0, 3), escaped=st.booleans(), space=st.text(" \t\r\n", max_size=4))
def test_an_input_is_passed_byte_for_byte(
    folder: Path, value: object, indent: int | None, escaped: bool, space: str
) -> None:
    """As a variable and as a file, of which one trailing newline is dropped; and as a line, where it is one."""
    text = space + json.dumps(value, indent=indent, ensure_ascii=escaped) + space + " "
    loaded = load({"SFN_INPUT": text})
    assert loaded.settings.input == loaded.fields["input"] == text
    from_file = load(with_files(folder, {}, {"SFN_INPUT_FILE": text.encode() + b"\n"}))
    assert from_file.settings.input == text
    if "\n" not in text:
        lines = with_files(folder, {"JOB_COMPLETION_INDEX": "1"}, {"SFN_INPUTS_FILE": f"{{\n{text}\n".encode()})
        assert load(lines).settings.input == text


@given(password=st.text(max_size=20), scheme=st.sampled_from(["http://", "https://", "http:", ""]), more=st.booleans())
def test_credentials_in_a_proxys_address_are_refused_and_not_shown(password: str, scheme: str, more: bool) -> None:
    """Wherever they end: whoever writes them there doesn't quote them either."""
    proxy = f"{scheme}me:Tr0ub4dor{password}@h:1" + ",https://h:2" * more
    loaded = load({"SFN_STATE_MACHINE_ARN": ARN, "SFN_USE_PROXY": "1", "SFN_PROXY": proxy})
    assert [problem.variable for problem in loaded.problems] == ["SFN_PROXY"]
    assert "Tr0ub4dor" not in json.dumps([loaded.fields, loaded.problems])
