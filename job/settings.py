"""The settings table: every variable of the job, once. Parsing, masking, `--help` and docs/settings.md come from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from job import secrets, values
from job.values import Kind

PREFIX = "SFN_"


def key_of(variable: str) -> str:
    """Return a variable's name in `Settings` and in the result."""
    return variable.removeprefix(PREFIX).lower()


class Condition(NamedTuple):
    """When a setting means anything: what the documentation says, and the test on the other values."""

    label: str
    holds: Callable[[Mapping[str, Any]], bool]


ALWAYS = Condition("", lambda _: True)
WITH_ROLE = Condition("with `SFN_ROLE_BASED_ACCESS`", lambda given: given["role_based_access"])
WITH_PROXY = Condition("with `SFN_USE_PROXY`", lambda given: given["use_proxy"])
WITH_HTTPS_PROXY = Condition(
    "with an HTTPS proxy type", lambda given: given["use_proxy"] and (given["proxy_type"] or "").startswith("HTTPS")
)
WITH_PROXY_CREDENTIALS = Condition(
    "with `HTTPS With Credentials`",
    lambda given: given["use_proxy"] and given["proxy_type"] == "HTTPS With Credentials",
)
WITH_REPORT = Condition("with `SFN_REPORT_PATH`", lambda given: given["report_path"] is not None)


class Setting(NamedTuple):
    """One row. A setting that doesn't apply is neither required nor used."""

    variable: str
    kind: Kind
    help: str
    default: Any = None
    applies: Condition = ALWAYS
    required: bool = False
    documented_field: bool = False
    """Whether it is a key of ``invocation.fields``."""
    instead: str | None = None
    """Somebody else's variable that is taken where this one isn't given."""

    @property
    def key(self) -> str:
        """Its name in `Settings` and in the result."""
        return key_of(self.variable)

    @property
    def secret(self) -> bool:
        """Whether its value must never be shown."""
        return self.kind.label == values.SECRET.label


def _row(variable: str, kind: Kind, help: str, **options: Any) -> Any:  # noqa: A002 - as the attribute is named
    return field(metadata={"row": Setting(variable, kind, help, **options)})


def _field(*row: Any, **options: Any) -> Any:
    return _row(*row, documented_field=True, **options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the job was told, typed. Each attribute is a row of the table; None where absent or not applying."""

    action: str = _field(
        "SFN_ACTION",
        values.choice("Start Asynchronous Execution"),
        "What to do.",
        default="Start Asynchronous Execution",
    )
    credentials_user: str | None = _field(
        "SFN_CREDENTIALS_USER",
        values.SECRET,
        "AWS access key id. Without it and the next one: AWS's default credential chain.",
    )
    credentials_password: str | None = _field("SFN_CREDENTIALS_PASSWORD", values.SECRET, "AWS secret access key.")
    region: str | None = _field(
        "SFN_REGION",
        values.REGION,
        "AWS region; else the environment's (`AWS_REGION`, `AWS_DEFAULT_REGION`, profile), else the state machine's.",
    )
    role_based_access: bool = _field(
        "SFN_ROLE_BASED_ACCESS", values.BOOLEAN, "Assume `SFN_ROLE_ARN` first.", default=False
    )
    role_arn: str | None = _field(
        "SFN_ROLE_ARN",
        values.ROLE_ARN,
        "The role to assume; an instance profile's ARN means the role of that name.",
        applies=WITH_ROLE,
        required=True,
    )
    state_machine_arn: str = _field(
        "SFN_STATE_MACHINE_ARN",
        values.STATE_MACHINE_ARN,
        "The state machine to run, also by version (`…:name:3`) or alias (`…:name:PROD`).",
        required=True,
    )
    execution_name: str | None = _field(
        "SFN_EXECUTION_NAME",
        values.EXECUTION_NAME,
        "Base of the execution's name: `<base>-<count>` is sent; else `sfn-job-<uuid>`.",
    )
    input: str | None = _field(
        "SFN_INPUT",
        values.JSON,
        f"The execution's input, sent as given; at most {secrets.LARGEST:,} bytes of UTF-8.",
    )
    use_proxy: bool = _field("SFN_USE_PROXY", values.BOOLEAN, "Reach AWS through `SFN_PROXY`.", default=False)
    wait_for_success_or_failure: bool = _field(
        "SFN_WAIT_FOR_SUCCESS_OR_FAILURE",
        values.BOOLEAN,
        "Wait until the execution has SUCCEEDED, FAILED, was ABORTED or TIMED_OUT.",
        default=False,
    )
    polling_interval: float = _field(
        "SFN_POLLING_INTERVAL",
        values.seconds(zero=False),
        "The longest gap between two checks while waiting; it begins well under a second and grows.",
        default=10,
    )
    proxy_type: str | None = _field(
        "SFN_PROXY_TYPE",
        values.choice("HTTP", "HTTPS", "HTTPS With Credentials"),
        "How to talk to the proxy.",
        default="HTTP",
        applies=WITH_PROXY,
    )
    proxy: Mapping[str, str] | None = _field(
        "SFN_PROXY",
        values.PROXY,
        "`http://host:port` or `http://host:port,https://host:port`; each entry serves the scheme that it names, "
        "a single one both.",
        applies=WITH_PROXY,
        required=True,
    )
    proxy_credentials_user: str | None = _field(
        "SFN_PROXY_CREDENTIALS_USER",
        values.PROXY_USER,
        "User at the proxy.",
        applies=WITH_PROXY_CREDENTIALS,
        required=True,
    )
    proxy_credentials_password: str | None = _field(
        "SFN_PROXY_CREDENTIALS_PASSWORD",
        values.SECRET,
        "Password at the proxy.",
        applies=WITH_PROXY_CREDENTIALS,
        required=True,
    )
    proxy_ca_bundle_file: str | None = _field(
        "SFN_PROXY_CA_BUNDLE_FILE",
        values.CERTIFICATES,
        "CA certificates (PEM) for TLS to the proxy and through it.",
        applies=WITH_HTTPS_PROXY,
    )
    external_id: str | None = _row(
        "SFN_EXTERNAL_ID",
        values.EXTERNAL_ID,
        "External id for AssumeRole.",
        applies=WITH_ROLE,
    )
    role_session_name: str | None = _row(
        "SFN_ROLE_SESSION_NAME",
        values.ROLE_SESSION_NAME,
        "Session name for AssumeRole, seen in CloudTrail; else the run's base name, or `sfn-job-<host name>`.",
        applies=WITH_ROLE,
    )
    role_duration: int | None = _row(
        "SFN_ROLE_DURATION",
        values.whole_seconds(900, 43_200),
        "How long the role's credentials live; AWS's default is an hour. They are renewed by themselves.",
        applies=WITH_ROLE,
    )
    run_id: str | None = _row(
        "SFN_RUN_ID",
        values.TEXT,
        "The identity of this run across restarts: a restarted run finds its execution again. On AWS Batch the job id.",
        instead="AWS_BATCH_JOB_ID",
    )
    rerun: str = _row(
        "SFN_RERUN",
        values.choice("new", "once", "resume", "redrive", "fail"),
        "What a run does when an execution of its name exists; `resume` with a run id, else `new`. "
        "See [guarantees](guarantees.md).",
    )
    state_machine_type: str = _row(
        "SFN_STATE_MACHINE_TYPE",
        values.choice("auto", "standard", "express"),
        "Whether the state machine is a standard or an express one; `auto` asks AWS where it matters. "
        "See [Express](express.md).",
        default="auto",
    )
    inputs_file: str | None = _row(
        "SFN_INPUTS_FILE",
        values.PATH,
        "Fan-out: a file of JSON Lines, of which this process's input is the line whose number, from 0, is "
        "`JOB_COMPLETION_INDEX` or `AWS_BATCH_JOB_ARRAY_INDEX`. Not together with `SFN_INPUT`.",
    )
    trace_header: str | None = _row(
        "SFN_TRACE_HEADER",
        values.TRACE_HEADER,
        "AWS X-Ray trace header of the execution; else `_X_AMZN_TRACE_ID`.",
        instead="_X_AMZN_TRACE_ID",
    )
    wait_timeout: float | None = _row(
        "SFN_WAIT_TIMEOUT",
        values.seconds(zero=True),
        "Give up waiting after so long: exit 26.",
    )
    on_wait_timeout: str = _row(
        "SFN_ON_WAIT_TIMEOUT",
        values.choice("leave", "stop"),
        "What happens to the execution then.",
        default="leave",
    )
    on_terminate: str = _row(
        "SFN_ON_TERMINATE",
        values.choice("leave", "stop"),
        "What happens to the execution when the job gets SIGTERM or SIGINT.",
        default="leave",
    )
    retry_window: float = _row(
        "SFN_RETRY_WINDOW",
        values.seconds(zero=True),
        "How long a start that fails for passing reasons is tried again; a wait rides out ten times as long.",
        default=60,
    )
    connect_timeout: float = _row(
        "SFN_CONNECT_TIMEOUT", values.seconds(zero=False), "To connect, for each request.", default=5
    )
    read_timeout: float = _row(
        "SFN_READ_TIMEOUT", values.seconds(zero=False), "To answer, for each request.", default=30
    )
    result_path: str | None = _row(
        "SFN_RESULT_PATH", values.PATH, "Where the result document goes; else standard output."
    )
    termination_log: str | None = _row(
        "SFN_TERMINATION_LOG",
        values.PATH,
        "Where a short copy of the result goes, at most 4,096 bytes of JSON; else `/dev/termination-log` where it "
        "exists.",
    )
    report_path: str | None = _row(
        "SFN_REPORT_PATH",
        values.PATH,
        "Where the run's report goes, one HTML page. See [the report](report.md).",
    )
    report_data: bool = _row(
        "SFN_REPORT_DATA",
        values.BOOLEAN,
        "Show the input and the output in the report too.",
        default=False,
        applies=WITH_REPORT,
    )
    mask_data: bool = _row(
        "SFN_MASK_DATA",
        values.BOOLEAN,
        'Show the input and output as `"****"` in the result too (logs never hold them).',
        default=False,
    )
    log_level: str = _row(
        "SFN_LOG_LEVEL",
        values.choice("DEBUG", "INFO", "WARNING", "ERROR"),
        "The least severe events to log.",
        default="INFO",
    )
    log_format: str = _row(
        "SFN_LOG_FORMAT",
        values.choice("auto", "json", "text"),
        "Format of the log on standard error; `auto` is text on a terminal, else JSON.",
        default="auto",
    )
    index: str | None
    """Which process of a fan-out this is, from 0: the platform says so, not a row of the table."""

    @property
    def request_limit(self) -> float:
        """Seconds that one request may last in all."""
        return self.connect_timeout + self.read_timeout


TABLE: tuple[Setting, ...] = tuple(attribute.metadata["row"] for attribute in fields(Settings) if attribute.metadata)
