"""What `--help` prints, from the settings table."""

from textwrap import fill

from job.outcomes import Outcome
from job.settings import TABLE, Setting


def text() -> str:
    """Return the help: the variables and the exit codes."""
    return "\n".join(
        [
            "Usage: python -m job [--check | --iam-policy | --help | --version]",
            "",
            "Starts one AWS Step Functions execution, waits for it if asked, writes one result document and exits.",
            "--check says of each thing that a run needs whether it holds; --iam-policy prints the smallest IAM policy",
            "for it. Both start nothing.",
            "Everything comes from the environment. Every variable may instead be given as <NAME>_FILE, the path of a",
            "file that holds the value. An empty value is an unset one.",
            "",
            *map(_row, TABLE),
            "Exit status:",
            *(
                fill(f"{outcome:4}  {outcome.status}: {outcome.when}", 100, subsequent_indent=6 * " ")
                for outcome in Outcome
            ),
        ]
    )


def _row(row: Setting) -> str:
    facts = [row.kind.label, default(row), row.applies.label]
    lead = f"{row.variable}  ({'; '.join(filter(None, facts))})"
    return f"{lead}\n{fill(row.help, 100, initial_indent=6 * ' ', subsequent_indent=6 * ' ')}\n"


def default(row: Setting) -> str:
    """Return how the documentation states what holds when the variable isn't given."""
    if row.required:
        return "required"
    if row.default is None:
        return ""
    value = str(row.default).lower() if isinstance(row.default, bool) else row.default
    return f"default {value}"
