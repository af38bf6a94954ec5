"""The services next to a workload that hand out the credentials of its role, and only to it, over plain HTTP.

The instance metadata service of EC2, version 2 only, and the container credentials of ECS and of EKS Pod Identity. The
credentials are the account's: the endpoint knows them, and refuses them once they have expired.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from .aws import Account, Session

ROLES = "/latest/meta-data/iam/security-credentials/"
CONTAINER = "/v1/credentials"
"""Where ECS has them under a relative URI, and EKS Pod Identity under a full one, is up to them."""

INSTANCE_TOKEN = "AQAEAsession"
LIFETIME = 6 * 3600


class MetadataServer:
    """Listens on `host`. A context manager, or start() and stop(): then it refuses connections, until started again.

    Attributes that a test sets:
        authorization: what a request for a container's credentials must have in that header; None: nothing
        role: the instance's or container's; None: it has none
        broken: HTTP status with which all requests are answered instead; None: none
    And `requests` has the method, path and status of each request that has come.
    """

    def __init__(self, account: Account, host: str = "127.0.0.1", port: int = 0) -> None:
        self.account = account
        self.authorization: str | None = None
        self.role: str | None = "workload"
        self.broken: int | None = None
        self.requests: list[tuple[str, str, int]] = []
        self._address = (host, port)

    @property
    def url(self) -> str:
        host, port = self._address
        return f"http://{host}:{port}"

    def start(self) -> None:
        class Handler(_Handler):
            metadata = self

        self._server = ThreadingHTTPServer(self._address, Handler)
        self._address = (self._address[0], self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="metadata")
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """The status and the body; header names in lower case."""
        if self.broken:
            return self.broken, "it is broken"
        if path == "/latest/api/token":
            if method != "PUT":
                return 405, "Method Not Allowed"
            return (200, INSTANCE_TOKEN) if "x-aws-ec2-metadata-token-ttl-seconds" in headers else (400, "Bad Request")
        if method != "GET":
            return 405, "Method Not Allowed"
        if path.startswith(ROLES):
            return self._instance(path.removeprefix(ROLES), headers.get("x-aws-ec2-metadata-token"))
        if path != CONTAINER or self.role is None:
            return 404, "Not Found"
        if headers.get("authorization") != self.authorization:
            return 403, "Forbidden"
        return 200, json.dumps(_credentials(self.account.hand_out(self.role, "container", LIFETIME)))

    def _instance(self, role: str, token: str | None) -> tuple[int, str]:
        if token != INSTANCE_TOKEN:
            return 401, "Unauthorized"
        if self.role is None or role not in {"", self.role}:
            return 404, "Not Found"
        if not role:
            return 200, self.role
        session = self.account.hand_out(role, "i-0123456789abcdef0", LIFETIME)
        return 200, json.dumps({"Code": "Success", "Type": "AWS-HMAC", **_credentials(session)})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    metadata: MetadataServer

    def do_GET(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        status, text = self.metadata.answer(
            self.command, self.path, {name.lower(): value for name, value in self.headers.items()}
        )
        self.metadata.requests.append((self.command, self.path, status))
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Connection", "close")  # so that a server that has stopped answers nobody any more
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Silent: what came is in `requests`."""


def _credentials(session: Session) -> dict[str, str]:
    return {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "Token": session.token,
        "Expiration": f"{datetime.fromtimestamp(session.expiration, UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
