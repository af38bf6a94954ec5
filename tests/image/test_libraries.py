"""What was left out of the image isn't missed: the same, here and in the whole environment that it was taken from."""

import ast
import json
import re
from pathlib import Path

import botocore
import pytest

from tests.image.engine import Image
from tests.support.process import ROOT
from tools.image_tables import AWS_SERVICES, STANDARD_LIBRARY_LEFT_OUT

PACKAGES = ["boto3", "botocore", "dateutil", "dotenv", "environs", "jmespath", "job", "marshmallow"]
PACKAGES += ["pythonjsonlogger", "s3transfer", "six", "urllib3"]
WHOLE = "/build/packages:/build"
# The providers of credentials, with the access key that each has to come back with; what the image can't do, neither
# can the whole environment.
PROVIDERS = {
    "env": "env AKIDENV",
    "config-file": "config-file AKIDFILE",
    "assume-role": "assume-role AKIDAssumeRole",
    "assume-role-with-web-identity": "assume-role-with-web-identity AKIDAssumeRoleWithWebIdentity",
    "sso": "sso AKIDSSO",
    "custom-process": "custom-process AKIDPROCESS",
    "container-role": "container-role AKIDFLAT",
    "iam-role": "iam-role AKIDFLAT",
    "login": "MissingDependencyException",
}


def test_every_module_of_the_packages_can_be_imported(built: Image, unpruned: Image) -> None:
    """What can't be imported here (it needs packages that nobody asked for) couldn't be before, for the same reason."""
    assert json.loads(built.python("imports.py", *PACKAGES)) == json.loads(
        unpruned.python("imports.py", *PACKAGES, SEARCH=WHOLE)
    )


def test_what_is_there_of_the_standard_library_can_be_imported(built: Image, unpruned: Image) -> None:
    """Nothing that stayed needs something that went: of what fails, all is named in the table of what is left out."""
    failed = json.loads(built.python("imports.py", "stdlib"))
    new = failed.keys() - json.loads(unpruned.python("imports.py", "stdlib")).keys()
    patterns = [
        re.sub(r"\\\*", ".*", re.escape(re.sub(r"\.py$", "", pattern.removeprefix("lib-dynload/").replace("/", "."))))
        for pattern in STANDARD_LIBRARY_LEFT_OUT
    ]
    unexpected = {name for name in new if not any(re.fullmatch(pattern, name) for pattern in patterns)}
    assert not unexpected, {name: failed[name] for name in unexpected}


def test_no_import_of_the_packages_is_for_a_module_that_is_left_out() -> None:
    """Also not one inside a function, which would fail in the middle of a run."""
    left_out = {re.sub(r"\.py$", "", name) for name in STANDARD_LIBRARY_LEFT_OUT if re.fullmatch(r"\w+(\.py)?", name)}
    site = Path(botocore.__file__).parent.parent
    found = {
        (name, path.relative_to(site).as_posix())
        for package in PACKAGES
        for path in [site / f"{package}.py", *(site / package).rglob("*.py"), *(ROOT / package).rglob("*.py")]
        if path.exists() and path.is_relative_to(site)
        for name in imported(path)
        if name in left_out
    }
    found |= {(name, path.name) for path in (ROOT / "job").rglob("*.py") for name in imported(path) if name in left_out}
    assert not found


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_every_request_is_the_same_everywhere(built: Image, unpruned: Image) -> None:
    """Each operation of the job and of the credential providers, in all partitions, with FIPS and dual-stack or not."""
    here = json.loads(built.python("prepare.py"))
    assert here == json.loads(unpruned.python("prepare.py", SEARCH=WHOLE))
    assert any("sync-states" in request for request in here["prepared"].values())
    assert sum("NotSentError" in request for request in here["prepared"].values()) > 300


def test_the_services_are_those_that_the_credential_providers_ask() -> None:
    """A newer botocore that asks another one is noticed here; `signin` needs awscrt, which isn't installed."""
    sources = [Path(botocore.__file__).parent / name for name in ("credentials.py", "tokens.py", "utils.py")]
    asked = {
        name
        for source in sources
        for name in re.findall(
            r"(?:_client_creator|\.create_client|_get_client)\(\s*'([a-z0-9-]+)'", source.read_text("utf-8")
        )
    }
    assert asked - {"signin"} <= AWS_SERVICES.keys()
    assert AWS_SERVICES.keys() - {"stepfunctions"} == (asked | {"sso-oidc", "sts"}) - {"signin"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_credential_provider_works(built: Image, provider: str) -> None:
    """Each of botocore's providers gets its credentials over HTTP, with a server in the container for AWS."""
    home = ("--env=HOME=/tmp", "--tmpfs=/tmp", "--network=none")
    assert built.python("provide.py", provider, options=home).strip() == PROVIDERS[provider]


def test_threads_may_be_busy_at_the_end(built: Image) -> None:
    """The C library opens libgcc_s at run time to end a thread; where it is missing, the whole process aborts."""
    assert built.python("threads.py") == ""
