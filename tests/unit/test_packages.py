"""Where the job's packages are named one by one, none is forgotten."""

import tomllib

from tests.support.process import ROOT

PACKAGES = sorted(path.parent.relative_to(ROOT) for path in (ROOT / "job").rglob("__init__.py"))


def test_setuptools_has_them_all() -> None:
    """For `pip install`."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert settings["packages"] == [".".join(package.parts) for package in PACKAGES]


def test_the_image_has_them_all() -> None:
    """And of the job's folder nothing else."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("!job")] == [f"!{package}/*.py" for package in PACKAGES]
