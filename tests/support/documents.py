"""The blocks of code in the documents, so that tests run what the pages say and not a copy of it."""

import re
import shlex

from tests.support.process import ROOT

SHELL = ("sh", "console", "bash", "shell", "")
"""How the blocks of commands are marked, or aren't."""


def blocks(page: str, *languages: str) -> list[str]:
    """Return the blocks of a page in these languages, in its order, by the page's path from the root."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```([\w-]*)[^\n]*\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, named, block in found if named in languages]


def commands(block: str) -> list[list[str]]:
    """Return the words of each command of a block, without prompts and comments."""
    lines = re.sub(r"^\$ ", "", block.replace("\\\n", " "), flags=re.MULTILINE).splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]
