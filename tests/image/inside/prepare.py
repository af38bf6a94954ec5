"""Run in an image: make botocore prepare every request that the job can cause, everywhere; print them, sent to nobody.

SEARCH names more directories to look in.
"""

import itertools
import json
import os
import sys
from typing import Any, NoReturn

sys.path[:0] = filter(None, os.environ.get("SEARCH", "").split(":"))

import botocore.session  # noqa: E402 - after the path to it
from botocore.config import Config  # noqa: E402

ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:any"
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:any:1"
ROLE = {"RoleArn": "arn:aws:iam::123456789012:role/any", "RoleSessionName": "any"}

# One table: what the job calls, and what botocore's credential providers call.
OPERATIONS: dict[str, dict[str, dict[str, Any]]] = {
    "stepfunctions": {
        "start_execution": {"stateMachineArn": ARN, "name": "any", "input": "{}", "traceHeader": "Root=1-a-b"},
        "start_sync_execution": {"stateMachineArn": ARN, "name": "any", "input": "{}"},
        "describe_execution": {"executionArn": EXECUTION},
        "list_executions": {"stateMachineArn": ARN},
        "get_execution_history": {"executionArn": EXECUTION, "reverseOrder": True, "maxResults": 100},
        "stop_execution": {"executionArn": EXECUTION, "error": "any", "cause": "any"},
        "redrive_execution": {"executionArn": EXECUTION, "clientToken": "any"},
        "describe_state_machine": {"stateMachineArn": ARN},
        "describe_state_machine_alias": {"stateMachineAliasArn": f"{ARN}:PROD"},
        "describe_map_run": {"mapRunArn": "arn:aws:states:eu-west-1:123456789012:mapRun:any/any:1"},
        "list_map_runs": {"executionArn": EXECUTION},
    },
    "sts": {
        "get_caller_identity": {},
        "assume_role": ROLE | {"ExternalId": "any", "DurationSeconds": 900},
        "assume_role_with_web_identity": ROLE | {"WebIdentityToken": "any-token"},
    },
    "sso": {"get_role_credentials": {"roleName": "any", "accountId": "123456789012", "accessToken": "any"}},
    "sso-oidc": {"create_token": {"clientId": "any", "clientSecret": "any", "grantType": "refresh_token"}},
}
REGIONS = [
    *("us-east-1", "eu-west-1", "ap-southeast-7", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"),
    *("eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1", "mars-north-1"),
]


class NotSentError(Exception):
    """Ends each request just before it would be sent; holds what would be."""


def refuse(request: Any, **_: Any) -> NoReturn:
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    raise NotSentError(f"{request.method} {request.url} {request.headers.get('X-Amz-Target')!r} {body}")


def main() -> None:
    session = botocore.session.Session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "any")
    prepared = {}
    for service, region, fips, dual_stack in itertools.product(OPERATIONS, REGIONS, (False, True), (False, True)):
        config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack, retries={"total_max_attempts": 1})
        try:
            client = session.create_client(service, region, config=config)
        except Exception as error:  # noqa: BLE001 - what can't be, can't be in both images
            prepared[f"{service} {region} {fips} {dual_stack}"] = repr(error)
            continue
        client.meta.events.register("before-send", refuse)
        for operation, parameters in OPERATIONS[service].items():
            try:
                getattr(client, operation)(**parameters)
            except Exception as error:  # noqa: BLE001 - as above
                prepared[f"{service} {region} {fips} {dual_stack} {operation}"] = repr(error)
    errors = {
        service: {name: sorted(vars(shape)) for name, shape in vars(client.exceptions)["_code_to_exception"].items()}
        for service in OPERATIONS
        for client in [session.create_client(service, "eu-west-1")]
    }
    json.dump({"prepared": prepared, "errors": errors}, sys.stdout)


main()
