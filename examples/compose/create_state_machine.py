# ruff: noqa: INP001 - no package, LocalStack runs the file
"""LocalStack runs this in itself as soon as it is ready."""

from pathlib import Path

import boto3

boto3.client(
    "stepfunctions",
    endpoint_url="http://localhost:4566",
    region_name="eu-central-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",  # noqa: S106 - LocalStack takes any
).create_state_machine(
    name="order-fulfilment",
    definition=Path("/state-machine.asl.json").read_text(encoding="utf-8"),
    roleArn="arn:aws:iam::000000000000:role/order-fulfilment",
)
