"""Names and ARNs of executions (contract 3)."""

import re
import uuid

LONGEST = 80
"""Characters of an execution's name. Source: AWS, API reference of StartExecution."""

NO_UNIQUE_NAMES = (
    "fits no express state machine, whose executions have no unique names to find them again by: set SFN_RERUN=new"
)
"""What is said of a variable that is about finding an execution again (contract 5)."""

_FORBIDDEN = re.compile(r'[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\U0010ffff]')


def base_for_run(run_id: str, index: str | None) -> str:
    """Return the base name of a run that was given no name: the same for the same run, for ever.

    ``sfn-job-<the identity as far as names allow it, 40 characters at most>-<the first 20 digits of its SHA-256>``,
    where the identity is the run id, with ``/<index>`` behind it in a fan-out. At most 69 characters. The digest keeps
    runs apart whose ids differ only in what names don't allow.
    """
    import hashlib  # noqa: PLC0415 - only a run with an id needs it

    identity = run_id if index is None else f"{run_id}/{index}"
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", identity)[:40].strip("-")
    return f"sfn-job-{readable}-{hashlib.sha256(identity.encode()).hexdigest()[:20]}"


def base(execution_name: str | None, run_id: str | None, index: str | None) -> str | None:
    """Return the base of a run's names: the given one, else one made from the run id; None without either.

    ``index``: of this process in a fan-out; each has names of its own.
    """
    if execution_name:
        return execution_name if index is None else f"{execution_name}-{index}"
    return base_for_run(run_id, index) if run_id else None


def session_name(base: str) -> str:
    """Return the name of the role's session in which the run ``base`` is carried out, as CloudTrail shows it.

    What AWS allows there of the base, 64 characters at most; of a longer one the end, which tells runs apart. Source:
    AWS, API reference of AssumeRole, parameter RoleSessionName.
    """
    allowed = re.sub(r"[^A-Za-z0-9_+=,.@-]+", "-", base)[-64:]
    return allowed if len(allowed) > 1 else f"sfn-job-{allowed}"


def fresh_base() -> str:
    """Return a base that nobody else has, for a run without name and id."""
    return f"sfn-job-{uuid.uuid4()}"


def counted(base: str, count: int) -> str:
    """Return the name that is sent: ``<base>-<count>``, ``count`` from 1 on."""
    return f"{base}-{count}"


def count_of(name: str, base: str) -> int | None:
    """Return the count of a name that `counted` made from ``base``; None for any other name."""
    match = re.fullmatch(re.escape(base) + r"-([1-9][0-9]*)", name)
    return int(match[1]) if match else None


def problem_with_base(base: str) -> str | None:
    """Say what keeps ``base`` from being an execution's name with a count behind it, by AWS's rules for names.

    Source: AWS, API reference of StartExecution, parameter name.
    """
    longest = LONGEST - len("-1")
    if len(base) > longest:
        return f"must have at most {longest} characters: AWS allows {LONGEST}, and the run's count comes behind it"
    wrong = sorted(set(_FORBIDDEN.findall(base)))
    if wrong:
        spoken = ", ".join(one if one.isprintable() and one != " " else f"U+{ord(one):04X}" for one in wrong)
        return (
            f"must not hold {spoken}: AWS allows no white space, no control characters and none of "
            '< > { } [ ] ? * " # % \\ ^ | ~ ` $ & , ; : /'
        )
    return None


def execution_arn(state_machine_arn: str, name: str) -> str:
    """Return the ARN of the execution ``name`` of a standard state machine (a version's and an alias's too)."""
    _, partition, service, region, account, _, machine, *_ = state_machine_arn.split(":")
    return f"arn:{partition}:{service}:{region}:{account}:execution:{machine}:{name}"


def is_express(execution_arn: str) -> bool:
    """Return whether an execution is one of an express state machine."""
    return execution_arn.split(":")[5] == "express"


def unqualified(state_machine_arn: str) -> str:
    """Return the state machine's own ARN, without version or alias."""
    return ":".join(state_machine_arn.split(":")[:7])


def role_of(arn: str) -> str:
    """Return the ARN of the role that is meant: an instance profile's is the role of that name (contract 1)."""
    return arn.replace(":instance-profile/", ":role/")


def region_of(arn: str) -> str:
    """Return the region in an ARN."""
    return arn.split(":")[3]


def console_url(execution_arn: str) -> str | None:
    """Return the execution's page in the AWS console; None for partitions whose console has no public address.

    Source: AWS, console sign-in endpoints of the partitions.
    """
    _, partition, _, region, *_ = execution_arn.split(":")
    host = {
        "aws": f"{region}.console.aws.amazon.com",
        "aws-cn": f"{region}.console.amazonaws.cn",
        "aws-us-gov": f"{region}.console.amazonaws-us-gov.com",
        "aws-eusc": "console.amazonaws-eusc.eu",
    }.get(partition)
    return host and f"https://{host}/states/home?region={region}#/v2/executions/details/{execution_arn}"
