"""Run in the image: get credentials from one of botocore's providers; print its method's name and the access key.

Usage: provide.py PROVIDER. All of AWS that a provider asks is a server in this very process.
"""

import hashlib
import json
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LATER = datetime.now(UTC) + timedelta(hours=1)
EXPIRY = LATER.strftime("%Y-%m-%dT%H:%M:%SZ")
FLAT = {"AccessKeyId": "AKIDFLAT", "SecretAccessKey": "any", "Token": "any", "Expiration": EXPIRY, "Code": "Success"}
STS = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials><AccessKeyId>AKID{0}
</AccessKeyId><SecretAccessKey>any</SecretAccessKey><SessionToken>any</SessionToken><Expiration>{1}</Expiration>
</Credentials></{0}Result></{0}Response>"""


class Server(BaseHTTPRequestHandler):
    """Enough of STS, IAM Identity Center, the container's credentials and the instance's metadata."""

    def do_GET(self) -> None:
        if self.path.endswith("/security-credentials/"):
            self.answer("role")
        elif self.path.startswith("/federation/credentials"):
            milliseconds = int(LATER.timestamp() * 1000)
            keys = {"accessKeyId": "AKIDSSO", "secretAccessKey": "any", "sessionToken": "any"}
            assert self.headers["x-amz-sso_bearer_token"] == "renewed", self.headers
            self.answer(json.dumps({"roleCredentials": keys | {"expiration": milliseconds}}))
        else:
            self.answer(json.dumps(FLAT))

    def do_PUT(self) -> None:
        self.answer("token")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/token":
            self.answer(json.dumps({"accessToken": "renewed", "expiresIn": 3600, "refreshToken": "any"}))
        else:
            action = body.partition("Action=")[2].partition("&")[0]
            self.answer(STS.format(action, EXPIRY))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"

SESSION = f"[sso-session s]\nsso_start_url = {URL}/start\nsso_region = eu-west-1\nsso_registration_scopes = any\n"
SSO = f"[default]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = any\n{SESSION}"
KEYS = "aws_access_key_id = AKIDFILE\naws_secret_access_key = any\n"
# Each provider: ~/.aws/config, and variables.
PROVIDERS: dict[str, tuple[str, dict[str, str]]] = {
    "env": ("", {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "any"}),
    "config-file": (f"[default]\n{KEYS}", {}),
    "assume-role": (
        f"[default]\nrole_arn = arn:aws:iam::123456789012:role/any\nsource_profile = base\n[profile base]\n{KEYS}",
        {},
    ),
    "assume-role-with-web-identity": (
        "",
        {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/any", "AWS_WEB_IDENTITY_TOKEN_FILE": "/tmp/token"},  # noqa: S108
    ),
    "sso": (SSO, {}),
    "custom-process": (
        f"[default]\ncredential_process = /usr/bin/python3 -I {__file__} process\n",
        {},
    ),
    "login": ("[default]\nlogin_session = any\n", {}),
    "container-role": ("", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container"}),
    "iam-role": ("", {"AWS_EC2_METADATA_SERVICE_ENDPOINT": URL}),
}


def main(provider: str) -> None:
    if provider == "process":
        print(json.dumps({"Version": 1, "AccessKeyId": "AKIDPROCESS", "SecretAccessKey": "any"}))
        return
    config, variables = PROVIDERS[provider]
    home = Path(os.environ["HOME"])
    cache = home / ".aws/sso/cache"
    cache.mkdir(parents=True)
    (home / ".aws/config").write_text(config, encoding="utf-8")
    Path("/tmp/token").write_text("token", encoding="utf-8")  # noqa: S108 - a file system of this container only
    # A token that has run out, so that it is renewed first.
    token = {
        "accessToken": "old",
        "expiresAt": "2020-01-01T00:00:00Z",
        "refreshToken": "any",
        "clientId": "any",
        "clientSecret": "any",
        "registrationExpiresAt": EXPIRY,
        "startUrl": f"{URL}/start",
        "region": "eu-west-1",
    }
    name = hashlib.sha1(b"s", usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token), encoding="utf-8")
    os.environ.update(variables, AWS_ENDPOINT_URL=URL, AWS_REGION="eu-west-1", AWS_DEFAULT_REGION="eu-west-1")

    import botocore.session

    try:
        credentials = botocore.session.Session().get_credentials()
        print(credentials.method, credentials.get_frozen_credentials().access_key.strip())
    except Exception as error:  # noqa: BLE001 - the test says which it may be
        print(type(error).__name__)


main(sys.argv[1])
