"""A script of mitmproxy's: answers as PyPI's database would, from a file of vulnerabilities by `package/version`."""

import json
from pathlib import Path
from typing import Any

from mitmproxy import ctx, http  # type: ignore[import-not-found] # it lives in .venv-mitmproxy


def load(loader: Any) -> None:
    """Ask for the file's path."""
    loader.add_option("known", str, "", "the file")


def request(flow: Any) -> None:
    """Answer in the place of the host that is asked."""
    asked = flow.request.path.removeprefix("/pypi/").removesuffix("/json")
    known = json.loads(Path(ctx.options.known).read_text(encoding="utf-8")).get(asked, [])
    content, status = json.dumps({"vulnerabilities": known}), 404 if known is None else 200
    flow.response = http.Response.make(status, content, {"Content-Type": "application/json"})
