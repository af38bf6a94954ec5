"""AWS's requests and command line, as botocore's own models describe them."""

import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jmespath  # type: ignore[import-untyped] # it ships none
import yaml  # type: ignore[import-untyped] # it ships none
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

GLOBAL_OPTIONS = {"--cli-input-yaml", "--output", "--query", "--region"}
"""Those of the `aws` command itself that the documentation uses. Source: AWS CLI version 2, `aws help`."""


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def problems(service: str, operation: str, request: Mapping[str, Any]) -> list[str]:
    """Return what AWS would refuse of a request by its model: unknown, missing or mistyped members, wrong values."""
    shape = model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    return [*filter(None, report.generate_report().split("\n")), *_wrong_values(request, shape, operation)]


def _wrong_values(value: Any, shape: Any, where: str) -> Iterator[str]:
    """What botocore leaves to AWS: enumerations, lengths and patterns."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name in value.keys() & shape.members.keys():
            yield from _wrong_values(value[name], shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for one in value:
            yield from _wrong_values(one, shape.member, f"{where}[]")
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for key, one in value.items():
            yield from _wrong_values(key, shape.key, f"{where} keys")
            yield from _wrong_values(one, shape.value, f"{where}.{key}")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _wrong_text(value, shape, where)


def _wrong_text(value: str, shape: Any, where: str) -> Iterator[str]:
    if shape.enum and value not in shape.enum:
        yield f"{where}: {value} is none of {', '.join(shape.enum)}"
    if len(value) > shape.metadata.get("max", len(value)):
        yield f"{where}: longer than {shape.metadata['max']}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(pattern, value):
        yield f"{where}: {value} doesn't match {pattern}"


def operation_of(service: str, command: str) -> str:
    """Return the operation that a subcommand like `run-task` stands for; raises KeyError."""
    operations: dict[str, str] = {xform_name(name, "-"): name for name in model(service).operation_names}
    return operations[command]


def problems_with_command(command: str, directory: Path) -> list[str]:
    """Return what is wrong with an `aws` command that is run in `directory`."""
    _, service, subcommand, *words = shlex.split(command)
    if subcommand == "wait":
        waiters = Loader().load_service_model(service, "waiters-2")["waiters"]
        waiter, *words = words
        operation = {xform_name(name, "-"): one["operation"] for name, one in waiters.items()}[waiter]
    else:
        operation = operation_of(service, subcommand)
    shape = model(service).operation_model(operation).input_shape
    members = {"--" + xform_name(name, "-"): name for name in shape.members}
    request: dict[str, Any] = {}
    found = []
    for option, values in _options(words).items():
        if option == "--cli-input-yaml":
            request |= yaml.safe_load(_read(values[0], directory))
        elif option == "--query":
            found += _unknown_fields(values[0], model(service).operation_model(operation).output_shape)
        elif option in members:
            member = shape.members[members[option]]
            request[members[option]] = _parsed(values, member, directory)
        elif option not in GLOBAL_OPTIONS:
            found.append(f"{option} is no option of {service} {subcommand}")
    return found + problems(service, operation, request)


def _options(words: list[str]) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word, [])
        else:
            values.append(word)
    return options


def _read(url: str, directory: Path) -> str:
    parts = urlsplit(url)
    assert parts.scheme == "file", url
    return (directory / (parts.netloc + parts.path)).read_text(encoding="utf-8")


def _parsed(values: list[str], shape: Any, directory: Path) -> Any:
    if shape.type_name == "list":
        return values
    (value,) = values
    if value.startswith("file://"):
        return _read(value, directory)
    return int(value) if shape.type_name in {"integer", "long"} else value


def _unknown_fields(query: str, shape: Any) -> list[str]:
    """Return the fields of a JMESPath expression that the answer doesn't have anywhere."""

    def named(node: Mapping[str, Any]) -> Iterator[str]:
        if node["type"] == "field":
            yield node["value"]
        for child in node["children"]:
            yield from named(child)

    known: set[str] = set()
    shapes, seen = [shape], set()
    while shapes:
        one = shapes.pop()
        if one.name not in seen:
            seen.add(one.name)
            if one.type_name == "structure":
                known |= one.members.keys()
                shapes += one.members.values()
            elif one.type_name == "list":
                shapes.append(one.member)
    return [f"{field} is in no answer" for field in named(jmespath.compile(query).parsed) if field not in known]
