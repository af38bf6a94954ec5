"""From the environment to `Settings`: parsing by the settings table, and every problem at once (contract 1)."""

import re
from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple, cast

from environs import Env, EnvValidationError

from job import inputs, naming, secrets
from job.errors import Problem
from job.secrets import MASK
from job.settings import PREFIX, TABLE, Setting, Settings, key_of

_FOREIGN_SECRETS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
"""AWS's own variables that hold secrets."""


class Loaded(NamedTuple):
    """What `load` found. With problems, the settings that have one hold their defaults."""

    settings: Settings
    fields: dict[str, Any]
    """``invocation.fields`` of the result: the documented fields as given, masked."""
    problems: list[Problem]
    secrets: frozenset[str]
    """Every value that must never be shown."""


class _GivenEnv(Env):
    """environs' parsing on values that were already read, instead of on ``os.environ``."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(eager=False)
        self._given = given

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._given.get(env_key, default)


def load(environ: Mapping[str, str]) -> Loaded:
    """Parse every row of the table, from ``environ`` and the files that it names."""
    given, problems = secrets.read([row.variable for row in TABLE], environ)
    unusable = {problem.variable for problem in problems}
    for row in TABLE:
        if row.instead and row.variable not in given and environ.get(row.instead):
            given[row.variable] = environ[row.instead]
    index = inputs.index_of(environ)
    problems += _choose_input(given, index)
    parsed: dict[str, Any] = {"index": index}
    parse = _GivenEnv(given)
    for row in TABLE:
        parsed[row.key] = row.default
        if not row.applies.holds(parsed):
            parsed[row.key] = None
        elif row.variable in given:
            parse.add_parser(row.variable, row.kind.parse)
            value = getattr(parse, row.variable)(row.variable)
            parsed[row.key] = row.default if value is None else value
        elif row.required and not _wrong(row.variable, problems):
            problems.append(Problem(row.variable, f"is required {row.applies.label}".rstrip()))
    try:
        parse.seal()
    except EnvValidationError as error:
        found = cast("dict[str, list[str]]", error.error_messages)  # as `Env.seal` makes it
        problems += [Problem(name, message) for name, messages in found.items() for message in messages]
    if "SFN_INPUTS_FILE" in given:
        problems = [_of_line(problem, index) for problem in problems]
    parsed["rerun"] = parsed["rerun"] or ("resume" if parsed["run_id"] else "new")
    problems += _contradictions(parsed, problems)
    order = {name: place for place, row in enumerate(TABLE) for name in _names(row)}
    problems.sort(key=lambda problem: order[problem.variable])
    return Loaded(
        settings=Settings(**parsed),
        fields={row.key: _shown(row, given, unusable, parsed, problems) for row in TABLE if row.documented_field},
        problems=problems,
        secrets=frozenset(
            [given[row.variable] for row in TABLE if row.secret and row.variable in given]
            + [environ.get(row.variable, "") for row in TABLE if row.secret]
            + [environ.get(variable, "") for variable in _FOREIGN_SECRETS]
        )
        - {""},
    )


def unknown_variables(environ: Mapping[str, str]) -> list[tuple[str, str | None]]:
    """Return the ``SFN_…`` variables that the table doesn't have, each with its nearest match."""
    known = [name for row in TABLE for name in _names(row)]
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and environ[name] and name not in known)
    if not unknown:
        return []
    from difflib import get_close_matches  # noqa: PLC0415 - start-up is paid by everybody, this is needed by few

    def nearest(name: str) -> str | None:
        begun = [other for other in known if other.startswith(name) and name != PREFIX]
        return next(iter(begun or get_close_matches(name, known, n=1)), None)

    return [(name, nearest(name.upper())) for name in unknown]


def _choose_input(given: dict[str, str], index: str | None) -> list[Problem]:
    """Put this process's line of SFN_INPUTS_FILE where SFN_INPUT would be; return what is wrong with it."""
    path = given.get("SFN_INPUTS_FILE")
    if path is None:
        return []
    if "SFN_INPUT" in given:
        return [Problem("SFN_INPUTS_FILE", "is given, and SFN_INPUT too: give one of them")]
    try:
        given["SFN_INPUT"] = inputs.read(path, index)
    except ValueError as error:
        return [Problem("SFN_INPUTS_FILE", str(error))]
    return []


def _of_line(problem: Problem, index: str | None) -> Problem:
    """Say of which line a problem with the input is."""
    if problem.variable != "SFN_INPUT":
        return problem
    return Problem("SFN_INPUTS_FILE", f"line {int(index or 0) + 1} (index {index}) {problem.message}")


def _names(row: Setting) -> tuple[str, str]:
    return row.variable, row.variable + secrets.FILE_SUFFIX


def _wrong(variable: str, problems: list[Problem]) -> bool:
    return any(problem.variable in {variable, variable + secrets.FILE_SUFFIX} for problem in problems)


def _contradictions(parsed: Mapping[str, Any], problems: list[Problem]) -> list[Problem]:
    """Return what is wrong between variables that are each right on their own."""
    found = []
    pair = ("SFN_CREDENTIALS_USER", "SFN_CREDENTIALS_PASSWORD")
    for missing, given in (pair, pair[::-1]):
        if parsed[key_of(given)] and not parsed[key_of(missing)] and not _wrong(missing, problems):
            found.append(Problem(missing, f"is required with {given}"))
    name, index = parsed["execution_name"], parsed["index"]
    problem = naming.problem_with_base(f"{name}-{index}") if name and index else None
    if problem:
        found.append(Problem("SFN_EXECUTION_NAME", f"with this process's index behind it {problem}"))
    if parsed["state_machine_type"] == "express" and parsed["rerun"] != "new":
        found.append(Problem("SFN_RUN_ID" if parsed["run_id"] else "SFN_RERUN", naming.NO_UNIQUE_NAMES))
    region, arn = parsed["region"], parsed["state_machine_arn"]
    if region and arn and region != naming.region_of(arn):
        found.append(
            Problem(
                "SFN_REGION", f"is {region}, but SFN_STATE_MACHINE_ARN is in {naming.region_of(arn)}: drop SFN_REGION"
            )
        )
    paths = ("SFN_RESULT_PATH", "SFN_TERMINATION_LOG", "SFN_REPORT_PATH")
    for variable, other in combinations(paths, 2):
        path = parsed[key_of(variable)]
        if path and path == parsed[key_of(other)] and not path.startswith("/dev/"):
            found.append(Problem(other, f"is the path of {variable} too, and one would overwrite the other"))
    return found


def _shown(
    row: Setting, given: Mapping[str, str], unusable: set[str], parsed: Mapping[str, Any], problems: list[Problem]
) -> Any:
    """Return the value of one documented field as the result shows it (contract 2).

    ``unusable``: variables that are set, but not to anything that can be taken for a value.
    """
    if row.key == "execution_name":
        return given.get(row.variable, "")
    if not row.applies.holds(parsed):
        return None
    if row.secret and row.variable in unusable:
        return MASK
    if row.variable not in given:
        return row.default
    if row.secret or (row.key == "input" and (parsed["mask_data"] or _wrong("SFN_MASK_DATA", problems))):
        return MASK
    if isinstance(parsed[row.key], (bool, int, float)) and not _wrong(row.variable, problems):
        return parsed[row.key]
    shown = given[row.variable]
    if row.key == "proxy":  # a refused one may hold credentials, unquoted: all up to the last @ may be theirs
        shown = re.sub(r"^([a-z]+://)?.*@", rf"\1{MASK}@", shown, flags=re.DOTALL)
    return shown
