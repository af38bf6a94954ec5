"""Writes what the chart takes from elsewhere (`make docs`).

From the settings table to the part of values.yaml under `config`, and from values.yaml to values.schema.json and the
tables of the chart's README. In values.yaml ``## …`` begins a section, and a value's comment begins with ``# --``; its
line ``# @schema {…}`` is the value's JSON Schema, where the type of the default doesn't say it all.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any, NamedTuple

import helm_python

from job import usage, values
from job.settings import TABLE, Setting

CHART = Path(__file__).resolve().parent.parent / "charts" / "sfn-job"
SECRET_HOME = {
    "SFN_CREDENTIALS_USER": "credentials.existingSecret",
    "SFN_CREDENTIALS_PASSWORD": "credentials.existingSecret",
    "SFN_PROXY_CREDENTIALS_USER": "proxy.existingSecret",
    "SFN_PROXY_CREDENTIALS_PASSWORD": "proxy.existingSecret",
}
"""Where the name of a Secret goes that holds the variable."""

_CHART_DEFAULTS = {
    "SFN_RUN_ID": "The chart gives it the Job's own id.",
    "SFN_RERUN": "The chart's default is `once`: no restart by Kubernetes starts a failed execution again.",
}
_WIDTH = 120


class Value(NamedTuple):
    """A value of the chart, as values.yaml describes it."""

    path: tuple[str, ...]
    section: str
    help: str
    schema: dict[str, Any]
    default: Any


def camel_case(key: str) -> str:
    """Return the name under `config` of a setting's key."""
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)


def with_config(text: str) -> str:
    """Return values.yaml with the part that the settings table makes."""
    lines = "".join(f"  {line}\n" for row in TABLE for line in _config_lines(row))
    return re.sub(
        r"(  # generated: config\n).*?(  # end\n)", lambda found: found[1] + lines + found[2], text, flags=re.DOTALL
    )


def _config_lines(row: Setting) -> Iterator[str]:
    if row.secret:
        help_ = f"Refused: a secret is never a value. Make a Secret, and name it in `{SECRET_HOME[row.variable]}`."
    else:
        facts = "; ".join(filter(None, [usage.default(row), row.applies.label]))
        help_ = " ".join(filter(None, [row.help, facts and f"({facts})", _CHART_DEFAULTS.get(row.variable)]))
    # The links in the settings' help are to pages beside docs/settings.md.
    help_ = re.sub(r"\[([^\]]*)\]\((\w+\.md)\)", r"docs/\2", help_)
    yield from (f"# {line}" for line in wrap(f"-- `{row.variable}`: {help_}", _WIDTH - len("  # ")))
    yield f"# @schema {json.dumps(_schema_of(row), ensure_ascii=False)}"
    yield f"{camel_case(row.key)}: null"


def _schema_of(row: Setting) -> dict[str, Any]:
    if row.secret:
        # Helm answers with the values that would be allowed, so this is the message; templates refuse it too.
        reason = f"a secret is never a value: make a Secret, and name it in {SECRET_HOME[row.variable]}"
        return {"enum": [None, reason]}
    if row.kind is values.BOOLEAN:
        return {"type": ["boolean", "null"]}
    if row.kind is values.JSON:
        return {}
    label = row.kind.label
    if label.startswith("choice: "):
        return {"enum": [*re.findall("`(.*?)`", label), "", None]}
    if label == "seconds > 0":
        return {"type": ["number", "null"], "exclusiveMinimum": 0}
    if label == "seconds":
        return {"type": ["number", "null"], "minimum": 0}
    if label.startswith("whole seconds"):
        least, most = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", label))
        return {"type": ["integer", "null"], "minimum": least, "maximum": most}
    if label == "ARN":
        return {"type": ["string", "null"], "pattern": "^$|^arn:aws"}
    return {"type": ["string", "null"]}


def described(text: str) -> list[Value]:
    """Return the values that values.yaml describes, in its order. Raises ValueError for one without a comment."""
    defaults = helm_python.values_from_yaml(text)
    found: list[Value] = []
    section, comment, schema = "", [], None
    path: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif stripped.startswith("# @schema "):
            schema = json.loads(stripped.removeprefix("# @schema "))
        elif stripped.startswith("# -- "):
            comment = [stripped.removeprefix("# -- ")]
        elif stripped.startswith("# ") and comment:
            comment.append(stripped.removeprefix("# "))
        elif key := re.match(r"( *)(\w+):", line):
            depth = len(key[1]) // 2
            path = [*path[:depth], key[2]]
            inside = any(tuple(path[: len(value.path)]) == value.path for value in found)
            if comment:
                default = _at(defaults, path)
                described_by = _schema_by(default) if schema is None else schema
                found.append(Value(tuple(path), section, " ".join(comment), described_by, default))
            elif not inside and line.rstrip() != key[0]:
                raise ValueError(f"no comment describes {'.'.join(path)}")
            comment, schema = [], None
    return found


def _at(defaults: Any, path: list[str]) -> Any:
    for key in path:
        defaults = defaults[key]
    return defaults


def _schema_by(default: Any) -> dict[str, Any]:
    return {"type": {str: "string", bool: "boolean"}[type(default)]}


def schema(text: str) -> str:
    """Return values.schema.json.

    What values.yaml doesn't have is refused, at every level that isn't the user's own; so is null, by which Helm takes
    a value away, where the templates need one.
    """
    root = _object()
    for value in described(text):
        level = root
        for key in value.path[:-1]:
            if key not in level["properties"]:
                level["properties"][key] = _object()
                level["required"].append(key)
            level = level["properties"][key]
        level["properties"][value.path[-1]] = {"description": value.help, **value.schema}
        if isinstance(value.default, (str, bool, int)):
            level["required"].append(value.path[-1])
    root["properties"]["global"] = {"description": "Helm's own, where the chart is part of another.", "type": "object"}
    return (
        json.dumps({"$schema": "http://json-schema.org/draft-07/schema#", **root}, indent=2, ensure_ascii=False) + "\n"
    )


def _object() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": [], "properties": {}}


def readme(page: str, text: str) -> str:
    """Return the chart's README with its table of values made anew."""
    rows: list[str] = []
    section = None
    for value in described(text):
        if value.section != section:
            section = value.section
            rows += ["", f"### {section}", "", "| value | default | what it does |", "| --- | --- | --- |"]
        default = "" if value.default in (None, "") else f"`{json.dumps(value.default, ensure_ascii=False)}`"
        rows.append(f"| `{'.'.join(value.path)}` | {default} | {value.help} |".replace("|  |", "| |"))
    table = "\n".join([*rows[1:], ""])
    return re.sub(
        r"(<!-- generated: values -->\n).*?(<!-- end -->)",
        lambda found: found[1] + table + found[2],
        page,
        flags=re.DOTALL,
    )


def generated() -> dict[Path, str]:
    """Return the files that are made, or have a part that is, with the text that they ought to have."""
    text = with_config((CHART / "values.yaml").read_text())
    return {
        CHART / "values.yaml": text,
        CHART / "values.schema.json": schema(text),
        CHART / "README.md": readme((CHART / "README.md").read_text(), text),
    }


if __name__ == "__main__":
    for path, content in generated().items():
        path.write_text(content)
        print(path.relative_to(CHART.parent.parent))
