"""The report (SFN_REPORT_PATH): the run as one HTML page that needs nothing else, no script and no network."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from job.history import causes
from job.report.bars import Timeline
from job.report.chart import arn, shortened, timeline_html
from job.report.markup import duration, moment, name, text
from job.report.style import STYLE

LONGEST_TEXT = 20_000
"""Characters shown of a cause; more than the first `LEADING_TEXT` are folded."""

LEADING_TEXT = 800


def html(
    document: Mapping[str, Any],
    timeline: Timeline | None,
    *,
    now: datetime,
    reason: str = "The history was not read.",
    data: bool = False,
) -> str:
    """Return the page, which can be encoded as UTF-8.

    ``document``: the result document; all of its texts may be anybody's. ``reason``: why there is no timeline.
    ``data``: show the run's input and output, and causes in full, which may hold parts of them.
    """
    result = document["result"] or {}
    verdict = f"{_failure(result, data=data)}{_errors(document)}{_links(result, timeline)}"
    fields = document["invocation"]["fields"]
    code = int(document["exit_code"])
    tone = "good" if code == 0 else "fail"
    machine = _last(result.get("stateMachineArn") or fields.get("state_machine_arn") or "", 6) or "sfn-job"
    execution = result.get("name") or fields.get("execution_name") or ""
    outcome, sentence = _outcome(document)
    timed = timeline_html(timeline, now) if timeline else f"<p>There is no timeline. {text(reason)}</p>"
    title = " ".join(filter(None, [f"{outcome}:", machine, execution]))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        f'<header><div><h1>{name(machine)}</h1><p class="soft">{name(execution)}</p></div>'
        f'<p class="outcome {tone}">{text(outcome).replace("_", "_<wbr>")} <small>exit {code}</small></p></header>\n'
        f'<section class="verdict {tone}" aria-label="Outcome"><p class="sentence">{name(sentence)}</p>'
        f"{verdict}</section>\n"
        f"{_facts(result)}\n"
        f"<section><h2>Timeline</h2>{timed}</section>\n"
        f"{_data(fields, result) if data else ''}{_settings(fields)}</main>\n"
        f"<footer>Written at {moment(now)} by sfn-job {text(document['invocation']['version'])}. "
        "All times are in the job's time zone.</footer>\n</body></html>\n"
    )


def _outcome(document: Mapping[str, Any]) -> tuple[str, str]:
    """Return the word for how the run ended, and the sentence."""
    status, _, sentence = document["status_description"].partition(": ")
    execution = (document["result"] or {}).get("status")
    if document["exit_code"] == 0 and execution == "RUNNING":
        return "STARTED", sentence
    return (execution if document["exit_code"] in {0, 23, 24, 25} and execution else status), sentence


def _failure(result: Mapping[str, Any], *, data: bool) -> str:
    """Return what is known of the state that failed; empty where nothing did."""
    state = result.get("failedState") or {}
    error, cause = (state.get(key) or result.get(key) for key in ("error", "cause"))
    rows = []
    if state:
        soft = text(" · ".join(_circumstances(state)))
        rows.append(("State", f'<b>{name(state["name"])}</b> <span class="soft">{soft}</span>'))
    if error:
        rows.append(("Error", f'<b class="error">{name(error)}</b>'))
    if cause:
        rows.append(("Cause", _long(causes.message(cause))))
        if data and causes.message(cause) != cause:
            rows.append(("In full", _long(cause)))
    if state.get("executionArn"):
        rows.append(("Execution", arn(state["executionArn"])))
    if state.get("mapRunArn"):
        rows.append(("Map run", f"<code>{name(state['mapRunArn'])}</code>"))
    if state.get("itemCounts"):
        counts = (f"{count} {key}" for key, count in state["itemCounts"].items() if count)
        rows.append(("Items", text(", ".join(counts))))
    return _pairs(rows) if rows else ""


def _circumstances(state: Mapping[str, Any]) -> Iterator[str]:
    yield state["type"]
    if state.get("resource"):
        yield shortened(state["resource"])
    if state.get("attempts"):
        yield f"{state['attempts']:,} attempts"
    for item in reversed(state.get("items") or []):
        yield f"item {item['index']} of {item['map']}"
    if state.get("startedBy"):
        yield f"started by {' > '.join(state['startedBy'])}"


def _links(result: Mapping[str, Any], timeline: Timeline | None) -> str:
    url = str(result.get("consoleUrl") or "")
    links = [
        '<a href="#failed">Show it in the timeline</a>' if timeline and timeline.culprit else "",
        f'<a href="{text(url)}">Open in the AWS console</a>' if url.startswith("https://") else "",
    ]
    return f'<p class="links">{" ".join(filter(None, links))}</p>' if any(links) else ""


def _errors(document: Mapping[str, Any]) -> str:
    errors = document.get("errors")
    return (
        _pairs((f"<code>{name(error['variable'])}</code>", text(error["message"])) for error in errors)
        if errors
        else ""
    )


def _facts(result: Mapping[str, Any]) -> str:
    start, stop = (
        datetime.fromisoformat(result[key]) if result.get(key) else None for key in ("startDate", "stopDate")
    )
    facts = [
        ("Started", moment(start) if start else "no execution was reached"),
        ("Ended", moment(stop) if stop else None),
        ("Took", duration((stop - start).total_seconds()) if start and stop else None),
        ("Run", _run(result)),
        ("Billed", _billed(result.get("billingDetails") or {})),
    ]
    machine = result.get("stateMachineArn")
    wide = [
        ("Execution", f"<code>{name(result['executionArn'])}</code>" if result else None),
        ("State machine", f"<code>{name(machine)}</code>" if machine else None),
    ]
    cells = [f"<div><dt>{label}</dt><dd>{text(value)}</dd></div>" for label, value in facts if value]
    cells += [f'<div class="wide"><dt>{label}</dt><dd>{value}</dd></div>' for label, value in wide if value]
    return f'<section aria-label="Facts"><dl class="facts">{"".join(cells)}</dl></section>'


def _run(result: Mapping[str, Any]) -> str | None:
    if result.get("runCount") is None:
        return None
    began = ", begun by an earlier attempt of the job" if result.get("resumed") else ""
    return f"number {result['runCount']}{began}"


def _billed(details: Mapping[str, Any]) -> str | None:
    milliseconds, megabytes = (details.get(key) for key in ("billedDurationInMilliseconds", "billedMemoryUsedInMB"))
    return f"{duration(milliseconds / 1000)}, {megabytes} MB" if milliseconds is not None else None


def _data(fields: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Return the run's input and output, byte for byte."""
    return "".join(
        f'<details class="data"><summary>{label}</summary><pre>{text(value)}</pre></details>'
        for label, value in (("Input", fields.get("input")), ("Output", result.get("output")))
        if value is not None
    )


def _settings(fields: Mapping[str, Any]) -> str:
    rows = [(text(key), f"<code>{name(value)}</code>") for key, value in fields.items() if _tells(key, value)]
    return f'<details class="data"><summary>Settings of this run</summary>{_pairs(rows, "settings")}</details>'


def _tells(key: str, value: Any) -> bool:
    return key != "input" and value not in {None, ""}


def _pairs(rows: Iterable[tuple[str, str]], class_: str = "") -> str:
    named = f' class="{class_}"' if class_ else ""
    return f"<dl{named}>{''.join(f'<dt>{label}</dt><dd>{value}</dd>' for label, value in rows)}</dl>"


def _long(value: str) -> str:
    """Return a text that may be very long, folded and cut where it is."""
    if len(value) <= LEADING_TEXT:
        return f'<span class="cause">{name(value)}</span>'
    cut = len(value) - LONGEST_TEXT
    note = f"<p>And {cut:,} more characters, which the result document has.</p>" if cut > 0 else ""
    return (
        f'<span class="cause">{name(value[:LEADING_TEXT])}…</span><details class="more"><summary>The cause has '
        f'{len(value):,} characters: show more</summary><span class="cause">{name(value[:LONGEST_TEXT])}</span>{note}'
        "</details>"
    )


def _last(arn: str, after: int) -> str:
    """Return what comes behind an ARN's first parts: the state machine's name."""
    return ":".join(arn.split(":")[after:])
