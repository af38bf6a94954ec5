"""Right and wrong values of a setting, where its kind says by itself which those are: what a new row begins with."""

import re

from job import values
from job.settings import Setting


def examples(row: Setting) -> tuple[list[str], list[str]]:
    """Return right values and wrong ones; none where the kind doesn't tell."""
    label = row.kind.label
    if row.kind is values.TEXT:
        return ["some text"], []
    if label.startswith("choice: "):
        return re.findall("`(.*?)`", label), ["none of these"]
    if label.startswith("whole seconds"):
        return [re.findall(r"[\d,]*\d", label)[0].replace(",", "")], ["0.5"]
    known = {
        "true or false": (["true", "false"], ["perhaps"]),
        "seconds": (["2.5"], ["-1"]),
        "seconds > 0": (["2.5"], ["0"]),
        "JSON text": (['{"a": 1}'], ["{"]),
    }
    return known.get(label, ([], []))
