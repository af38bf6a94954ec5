# ruff: noqa: INP001 - Sphinx reads it as a file; it belongs to no package
"""The site of the documentation (`make site`): the repository's own pages, read where they stand.

The source directory is the repository's root, so a link leads on the site where it leads in the repository. README's
list "More" is the table of contents: a page that isn't in it is an error, like a link or an anchor that leads nowhere.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

project = "sfn-job"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "docs/**.md", "examples/**.md", "charts/**.md"]
exclude_patterns = [".*", "**/.*"]
nitpicky = True
myst_heading_anchors = 4  # the depth to which headings get an anchor, named as GitHub names them

html_theme = "furo"
html_title = "sfn-job"
smartquotes = False  # what is typed, such as --check, is what is meant
html_theme_options = {"light_css_variables": {"code-font-size": "77%"}}  # the picture of the house fits in
html_copy_source = False
html_show_copyright = False
html_use_index = False

GROUP = re.compile(r"^- (.+?): (.*(?:\n  .*)*)", re.MULTILINE)
PAGE_LINK = re.compile(r"\[([^]]+)\]\((\S+)\.md\)")
DECISIONS = "docs/decisions/README"


def add_contents(_app: Sphinx, page: str, source: list[str]) -> None:
    """Make the tables of contents: of the site from README's list "More", and of the decisions from their files."""
    if page == root_doc:
        for caption, links in GROUP.findall(source[0].partition("\n## More\n")[2]):
            # A page that is named by its file, such as CONTRIBUTING.md, has its own title.
            entries = [
                target if text.endswith(".md") else f"{text[0].upper()}{text[1:]} <{target}>"
                for text, target in PAGE_LINK.findall(links)
            ]
            source[0] += _contents(f":caption: {caption}", "", *entries)
    elif page == DECISIONS:
        source[0] += _contents(":glob:", "", "[0-9]*")


def _contents(*lines: str) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", *lines, "```", ""])


def lead_to_folders(app: Sphinx, document: nodes.document) -> None:
    """Let a link to a folder lead to its README.md, as in the repository; without one it is plain text here."""
    for link in list(document.findall(pending_xref)):
        name = link["reftarget"].rstrip("/")
        page, path = app.env.relfn2path(name, app.env.docname)
        if link["reftype"] != "myst" or not Path(path).is_dir():
            continue
        if Path(path, "README.md").exists():
            link["reftype"], link["refdomain"], link["reftarget"] = "doc", "std", f"/{page}/README"
        else:
            link.replace_self(link.children)


def begin_with_readme(app: Sphinx, error: Exception | None) -> None:
    """Lead whoever opens the site's address to its first page."""
    if app.builder.name == "html" and error is None:
        text = f'<!doctype html><title>sfn-job</title><meta http-equiv="refresh" content="0; url={root_doc}.html">\n'
        Path(app.outdir, "index.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", add_contents)
    app.connect("doctree-read", lead_to_folders)
    app.connect("build-finished", begin_with_readme)
