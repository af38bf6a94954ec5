"""Run in an image: import all modules of the packages named, or of the standard library; print what fails, and how.

Usage: imports.py NAME…; `stdlib` is the standard library. SEARCH names more directories to look in.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import sys
import warnings


def attempt(name: str, failed: dict[str, str]) -> None:
    try:
        with contextlib.redirect_stdout(None):  # the standard library has a module that is a poem
            importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001 - a module may even exit
        failed[name] = f"{type(error).__name__}: {error}".partition(" (/")[0]


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    sys.path[:0] = filter(None, os.environ.get("SEARCH", "").split(":"))
    failed: dict[str, str] = {}
    if names == ["stdlib"]:
        names = sorted(sys.stdlib_module_names)
    for package in names:
        attempt(package, failed)
        # A package that can't be imported has no modules to try.
        for module in pkgutil.walk_packages(getattr(sys.modules.get(package), "__path__", []), f"{package}."):
            if not module.name.endswith(".__main__"):
                attempt(module.name, failed)
    json.dump(failed, sys.stdout)


main(sys.argv[1:])
