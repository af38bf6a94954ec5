"""Real proxies as child processes: squid (Debian's squid-openssl) and mitmproxy, each in a directory of its own.

To make one where its program isn't there skips the test, by that name.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import pytest

from tests.support.certificates import Certificate
from tests.support.localstack import free_port
from tests.support.process import ROOT, eventually

SQUID = shutil.which("squid", path=f"{os.environ['PATH']}:/usr/sbin")
MITMDUMP = shutil.which("mitmdump", path=str(ROOT / ".venv-mitmproxy" / "bin"))
SQUIDS_HELPERS = Path("/usr/lib/squid")

CONFIGURATION = """
http_port 127.0.0.1:{plain} name=plain
http_port [::1]:{plain} name=plain6
http_port 127.0.0.1:{plain_with_credentials} name=credentials
https_port 127.0.0.1:{tls} name=tls tls-cert={certificate} tls-key={key}
https_port [::1]:{tls} name=tls6 tls-cert={certificate} tls-key={key}
https_port 127.0.0.1:{tls_with_credentials} name=tlscredentials tls-cert={certificate} tls-key={key}
auth_param basic program {helpers}/basic_ncsa_auth {directory}/users
auth_param basic children 1 startup=0 idle=1
acl wantscredentials myportname credentials tlscredentials
acl known proxy_auth REQUIRED
acl forbidden dstdomain {forbidden}
http_access deny forbidden
http_access deny wantscredentials !known
http_access allow all
hosts_file {directory}/hosts
dns_nameservers 127.0.0.1
dns_timeout 1 second
connect_timeout 2 seconds
logformat short %rm %ru %>Hs %[un
access_log stdio:{directory}/access.log short
cache_log {directory}/cache.log
cache deny all
cache_mem 0
memory_cache_shared off
max_filedescriptors 1024
netdb_filename none
pid_filename none
pinger_enable off
coredump_dir none
shutdown_lifetime 0 seconds
visible_hostname squid
"""

HOST = "states.eu-west-1.amazonaws.invalid"
"""A name of this machine that only squid knows: what gets there has gone through it."""

FORBIDDEN = "forbidden.invalid"
"""The host that squid lets nobody go to."""

USER, PASSWORD = "zo\u00eb@corp/%41#?", "p\u00fc: @/%41#?&+c4n4ry"
"""All that has a meaning in URLs or in headers, or is no ASCII."""

CREDENTIALS = {
    "SFN_PROXY_TYPE": "HTTPS With Credentials",
    "SFN_PROXY_CREDENTIALS_USER": USER,
    "SFN_PROXY_CREDENTIALS_PASSWORD": PASSWORD,
}


class _Program(ABC):
    """A proxy's process. Ends with the tests' process, however that ends."""

    url: str

    def __init__(self, name: str) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix=f"sfn-job-{name}-", ignore_cleanup_errors=True)
        self.directory = Path(self._directory.name)
        self.directory.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it accepts connections; raise AssertionError, with what it has printed, if it doesn't."""
        output = self.directory / "output"
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", *self._command()],
                cwd=self.directory,
                env={"PATH": os.defpath, "HOME": str(self.directory)},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        process = self._process
        eventually(lambda: process.poll() is not None or self._listens(), f"{self._command()[0]} listens")
        assert process.poll() is None, output.read_text(errors="replace")

    def stop(self) -> None:
        """Kill it: its connections end at once. It can be started again, at the same place."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @abstractmethod
    def _command(self) -> list[str]: ...

    def _listens(self) -> bool:
        host, _, port = self.url.rpartition("/")[2].rpartition(":")
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, int(port))):
            return True
        return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._directory.cleanup()


class Squid(_Program):
    """squid, plain and by TLS, on IPv6 too; and each on a port of its own for those with credentials only.

    `hosts` are names of 127.0.0.1 that it alone knows; `users` is passwords by user.
    """

    def __init__(self, certificate: Certificate, hosts: Iterable[str], users: Mapping[str, str]) -> None:
        if SQUID is None:
            pytest.skip("no squid here; Debian has it as squid-openssl")
        super().__init__("squid")
        ports = {name: free_port() for name in ("plain", "plain_with_credentials", "tls", "tls_with_credentials")}
        self.url = f"http://127.0.0.1:{ports['plain']}"
        self.ipv6_url = f"http://[::1]:{ports['plain']}"
        self.ipv6_tls_url = f"https://[::1]:{ports['tls']}"
        self.tls_url = f"https://localhost:{ports['tls']}"
        self.url_with_credentials = f"http://127.0.0.1:{ports['plain_with_credentials']}"
        self.tls_url_with_credentials = f"https://localhost:{ports['tls_with_credentials']}"
        for file, name in ((certificate.certificate, "tls.pem"), (certificate.key, "tls.key")):
            shutil.copy(file, self.directory / name)
        self._write("hosts", "".join(f"127.0.0.1 {host}\n" for host in (*hosts, "localhost", FORBIDDEN)))
        self._write("users", "".join(f"{user}:{_hashed(password)}\n" for user, password in users.items()))
        self._write(
            "squid.conf",
            CONFIGURATION.format(
                **ports,
                directory=self.directory,
                certificate=self.directory / "tls.pem",
                key=self.directory / "tls.key",
                helpers=SQUIDS_HELPERS,
                forbidden=FORBIDDEN,
            ),
        )
        if os.geteuid() == 0:  # squid refuses to run as root
            for path in (self.directory, *self.directory.iterdir()):
                shutil.chown(path, "proxy", "proxy")

    @property
    def log(self) -> list[str]:
        """`CONNECT host:port status user` and the like, a line for each request, and for a tunnel when it has ended."""
        path = self.directory / "access.log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def _command(self) -> list[str]:
        user = ["--reuid=proxy", "--regid=proxy", "--clear-groups"] if os.geteuid() == 0 else []
        service = re.sub(r"[\W_]", "", self.directory.name)
        return [*user, str(SQUID), "-N", "-n", service, "-f", str(self.directory / "squid.conf")]

    def _write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text, encoding="utf-8")


class Mitmproxy(_Program):
    """mitmproxy, which opens TLS: it shows certificates of its own, and trusts `upstream` to sign the real ones."""

    def __init__(self, upstream: Path) -> None:
        if MITMDUMP is None:
            pytest.skip("no mitmproxy here: make .venv-mitmproxy/.installed")
        super().__init__("mitmproxy")
        self.url = f"http://127.0.0.1:{free_port()}"
        self.bundle = self.directory / "mitmproxy-ca-cert.pem"
        """Its own authority, made when it starts."""
        self._upstream = upstream

    @property
    def log(self) -> list[str]:
        """`method URL`, a line for each request whose content it has seen."""
        text = (self.directory / "output").read_text(errors="replace")
        return re.findall(r"(?:GET|POST) \S+", text)

    def _command(self) -> list[str]:
        settings = {
            "confdir": self.directory,
            "ssl_verify_upstream_trusted_ca": self._upstream,
            "flow_detail": 1,
        }
        options = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        port = self.url.rpartition(":")[2]
        return [str(MITMDUMP), "--listen-host=127.0.0.1", f"--listen-port={port}", *options]


def _hashed(password: str) -> str:
    """As basic_ncsa_auth reads it."""
    command = ["openssl", "passwd", "-6", "-stdin"]
    done = subprocess.run(command, input=password.encode(), capture_output=True, check=True)
    return done.stdout.decode().strip()
