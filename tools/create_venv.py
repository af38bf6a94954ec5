"""Create a virtual environment with exactly the packages that a requirements file lists, each checked by its hash.

Usage: create_venv.py DIRECTORY REQUIREMENTS

What pip says is shown only when it fails.
"""

import re
import subprocess
import sys
import venv
from pathlib import Path


def main(directory: Path, requirements: Path) -> int:
    packages = len(re.findall(r"^\S+==", requirements.read_text(encoding="utf-8"), re.MULTILINE))
    print(
        f"{directory}: installing the {packages} packages of {requirements}; only needed again when that file changes",
        flush=True,
    )
    venv.create(directory, clear=True, symlinks=True, with_pip=True)
    python = directory / "bin" / "python"
    output = pip_install(python, requirements, packages)
    if output:
        print(output, file=sys.stderr)
        print(f"{directory}: pip could not install {requirements}: its output is above", file=sys.stderr)
        return 1
    return 0


def pip_install(python: Path, requirements: Path, packages: int) -> str:
    """Install, with a counter on a terminal; return pip's output if it failed, else an empty string."""
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    command += ["--requirement", str(requirements)]
    lines = []
    collected = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            lines.append(line)
            if line.startswith("Collecting "):
                collected += 1
                progress(f"downloading {collected} of {packages}")
            elif line.startswith("Installing "):
                progress("unpacking")
    progress("")
    return "".join(lines) if pip.returncode else ""


def progress(text: str) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except KeyboardInterrupt:
        sys.exit(130)
