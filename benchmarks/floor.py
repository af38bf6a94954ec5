"""The least that Python can do: the same requests over one connection, unsigned, with no library but Python's own."""

import json
import os
import ssl
import sys
import time
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit


def main() -> int:
    url = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    bundle = os.environ.get("AWS_CA_BUNDLE")
    connection = (
        HTTPSConnection(url.netloc, context=ssl.create_default_context(cafile=bundle))
        if url.scheme == "https"
        else HTTPConnection(url.netloc)
    )

    def ask(operation: str, **body: str) -> Any:
        headers = {
            "Authorization": f"Credential={os.environ['AWS_ACCESS_KEY_ID']}",
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AWSStepFunctions.{operation}",
        }
        connection.request("POST", "/", json.dumps(body), headers)
        return json.loads(connection.getresponse().read())

    started = ask("StartExecution", stateMachineArn=os.environ["STATE_MACHINE_ARN"])
    execution = ask("DescribeExecution", executionArn=started["executionArn"])
    while execution["status"] == "RUNNING":
        time.sleep(float(os.environ.get("SECONDS", "1")))
        execution = ask("DescribeExecution", executionArn=started["executionArn"])
    json.dump(execution, sys.stdout)
    return int(execution["status"] != "SUCCEEDED")


if __name__ == "__main__":
    sys.exit(main())
