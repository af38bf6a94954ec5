"""The bill of materials names what is in the image."""

import json
import subprocess
import sys

from tests.image.engine import Image
from tests.support.process import ROOT


def bill(image: Image) -> str:
    """Run the tool, which itself refuses to print what CycloneDX's schema doesn't allow."""
    command = [sys.executable, "-m", "tools.sbom", image.name]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_it_names_debian_and_python_packages(built: Image) -> None:
    """Each by the identifier that vulnerability databases know it by."""
    components = json.loads(bill(built))["components"]
    urls = [component["purl"].partition("@")[0] for component in components]
    assert {"pkg:deb/debian/libc6", "pkg:deb/debian/libssl3t64", "pkg:deb/debian/python3.13-minimal"} <= set(urls)
    assert {"pkg:pypi/boto3", "pkg:pypi/botocore", "pkg:pypi/urllib3", "pkg:pypi/environs"} <= set(urls)


def test_the_same_image_gives_the_same_document(built: Image) -> None:
    """Neither the clock nor chance is in it."""
    assert bill(built) == bill(built)
