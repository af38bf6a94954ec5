"""Print what the job's image consists of, as CycloneDX 1.6 in JSON: Debian's packages, Python's, and the job itself.

Usage: python -m tools.sbom IMAGE. It reads what a scanner would read, in the image itself: dpkg's list, and the
metadata of the Python packages. The same image gives the same document.
"""

import io
import json
import re
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
LABEL = "org.opencontainers.image."
NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")  # of object identifiers, RFC 9562
METADATA = re.compile(r"\.dist-info/METADATA$")


def main(image: str) -> int:
    docker = subprocess.run([ROOT / ".ci/engine", "client"], stdout=subprocess.PIPE, text=True, check=True)
    client = docker.stdout.strip()
    answer = subprocess.run([client, "image", "inspect", image], stdout=subprocess.PIPE, check=True)
    inspected = json.loads(answer.stdout)[0]
    # By its digest: a name without a tag would save all images of that name.
    saved = subprocess.run([client, "save", inspected["Id"]], stdout=subprocess.PIPE, check=True)
    text = document(inspected, read_files(saved.stdout))
    invalid = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if invalid:
        print(f"this is no valid CycloneDX: {invalid}", file=sys.stderr)
        return 1
    print(text)
    return 0


def document(inspected: dict[str, Any], files: dict[str, bytes]) -> str:
    labels = {name.removeprefix(LABEL): value for name, value in (inspected["Config"]["Labels"] or {}).items()}
    root = Component(
        name=labels["title"],
        version=labels["version"],
        type=ComponentType.CONTAINER,
        bom_ref=labels["title"],
        licenses=[LicenseFactory().make_from_string(labels["licenses"])],
        properties=[
            Property(name="revision", value=labels["revision"]),
            *(Property(name="layer", value=digest) for digest in inspected["RootFS"]["Layers"]),
        ],
    )
    components = [*debian_packages(files), *python_packages(files)]
    bom = Bom(components=components, serial_number=uuid.uuid5(NAMESPACE, inspected["Id"]))
    bom.metadata.component = root
    bom.metadata.timestamp = datetime.fromisoformat(inspected["Created"])
    bom.register_dependency(root, components)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def debian_packages(files: dict[str, bytes]) -> Iterator[Component]:
    release = dict(
        line.replace('"', "").split("=", 1) for line in files["usr/lib/os-release"].decode().splitlines() if "=" in line
    )
    for stanza in files["var/lib/dpkg/status"].decode().strip().split("\n\n"):
        package = dict(re.findall(r"^(\S+): (.*)$", stanza, re.MULTILINE))
        qualifiers = {"arch": package["Architecture"], "distro": f"debian-{release['VERSION_ID']}"}
        if "Source" in package:
            # Debian's security advisories are about sources; a version of its own stands in brackets.
            qualifiers["upstream"] = re.sub(r" \((.*)\)", r"@\1", package["Source"])
        url = PackageURL("deb", "debian", package["Package"], package["Version"], qualifiers)
        yield Component(name=package["Package"], version=package["Version"], purl=url, bom_ref=url.to_string())


def python_packages(files: dict[str, bytes]) -> Iterator[Component]:
    for path in filter(METADATA.search, files):
        package = BytesParser().parsebytes(files[path], headersonly=True)
        url = PackageURL("pypi", None, package["Name"].lower(), package["Version"])
        licence = licence_of(package)
        yield Component(
            name=package["Name"],
            version=package["Version"],
            purl=url,
            bom_ref=url.to_string(),
            licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
        )


def licence_of(package: Message) -> str | None:
    """Return the package's own statement; the licence's whole text, which some put there, isn't one."""
    stated = package["License-Expression"] or package["License"]
    return stated if stated and "\n" not in stated else None


def read_files(saved: bytes) -> dict[str, bytes]:
    """Return those files of a saved image that tell what it is made of."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        for layer in json.loads(read(archive, "manifest.json"))[0]["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(read(archive, layer))) as content:
                for name in sorted(content.getnames()):
                    if name in {"usr/lib/os-release", "var/lib/dpkg/status"} or METADATA.search(name):
                        found[name] = read(content, name)
    return found


def read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is not a file")
    return file.read()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
