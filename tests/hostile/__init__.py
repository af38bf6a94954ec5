"""A hostile AWS: Step Functions and STS over real sockets, for what LocalStack can't do.

Permissions, throttling, expired credentials, lost answers, outages, redrive. The way in:

    with HostileEndpoint() as aws:
        aws.plan(duration=1.0, status="FAILED", error="Boom")
        aws.fail("StartExecution", cut_after())
        ...                                    # a client with endpoint_url=aws.url
        assert aws.started == 1

endpoint.py    HostileEndpoint: the server's life, faults, quotas, permissions, the record of requests
aws.py         Account: machines, plans, executions, sessions
executions.py  what an execution is, and its state at a given time
history.py     its events
operations.py  Step Functions' operations and AWS's rules for them, but
starting.py    StartExecution and StartSyncExecution
sts.py         STS's operations, who the caller is
metadata.py    MetadataServer: the credentials of an instance's or a container's role
rules.py       when a fault strikes, token buckets, allow-list
faults.py      what can go wrong
protocols.py   JSON 1.0 and query/XML
wire.py        answers, and the connection that they go over
server.py      HTTP and TLS
"""

from .aws import ACCOUNT_ID
from .endpoint import HostileEndpoint
from .executions import Execution, Plan
from .faults import (
    Fault,
    access_denied,
    cut_after,
    cut_before,
    cut_midway,
    drip,
    empty,
    error,
    expired_token,
    garbage,
    hang_after,
    hang_before,
    huge,
    internal_failure,
    invalid_signature,
    json_without_fields,
    page,
    redirect,
    reset,
    service_unavailable,
    throttling,
    unrecognized_client,
    wrong_length,
)
from .metadata import MetadataServer
from .server import Request

__all__ = [
    "ACCOUNT_ID",
    "Execution",
    "Fault",
    "HostileEndpoint",
    "MetadataServer",
    "Plan",
    "Request",
    "access_denied",
    "cut_after",
    "cut_before",
    "cut_midway",
    "drip",
    "empty",
    "error",
    "expired_token",
    "garbage",
    "hang_after",
    "hang_before",
    "huge",
    "internal_failure",
    "invalid_signature",
    "json_without_fields",
    "page",
    "redirect",
    "reset",
    "service_unavailable",
    "throttling",
    "unrecognized_client",
    "wrong_length",
]
