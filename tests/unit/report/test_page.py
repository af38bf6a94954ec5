"""The report's HTML, as text; what a browser makes of it is in tests/integration/test_report.py."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from job.report import timeline
from job.report.chart import LONGEST_OPEN
from job.report.page import LEADING_TEXT, html
from job.report.style import STYLE
from tests.support.histories import START, History, long_map, nightly_document, nightly_orders

NOW = START + timedelta(seconds=150)
VOID = {"meta", "link", "img", "br", "wbr", "input", "hr"}


class Page(HTMLParser):
    """Takes a page apart, and refuses what doesn't close as it opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def attributes(self, name: str) -> list[str]:
        return [value for _, found in self.seen for key, value in found.items() if key == name and value is not None]


def page(document: dict[str, Any], history: History | None = None, **options: Any) -> Page:
    drawn = timeline.bars(history.events) if history else None
    return Page(html(document, drawn, now=NOW, **options))


def night(**changes: Any) -> dict[str, Any]:
    """The failed night's document, with these changes in its result."""
    document = nightly_document()
    document["result"] = {**document["result"], **changes}
    return document


def test_the_facts_of_the_run_are_told() -> None:
    shown = page(nightly_document(), nightly_orders()).text
    for fact in (
        "nightly-orders",
        "FAILED exit 23",
        "The execution FAILED in state Charge the card",
        "arn:aws:states:eu-central-1:123456789012:execution:nightly-orders:nightly-2026-11-22-2",
        "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly-orders",
        "2 min 21 s",
        "number 2",
        "Task · lambda:invoke · 3 attempts · item 21 of Settle each order",
        "Attempts 1 to 3 failed. PaymentDeclined The bank declined",
        f"sfn-job {nightly_document()['invocation']['version']}",
    ):
        assert fact in shown


def test_each_state_stands_in_the_timeline_with_what_became_of_it() -> None:
    """In words, not by its bar alone."""
    shown = " ".join(page(nightly_document(), nightly_orders()).text.split())
    assert re.search(r"Load exchange rates Task · lambda:invoke · 3.attempts ?Retried began after 100 ms, took", shown)
    assert re.search(r"Tell the warehouse .*?Caught began after 42 s, took 2.15 s", shown)
    assert re.search(r"Let payments settle Wait ?Succeeded began after 44.1 s, took 30 s", shown)
    assert re.search(r"Item 22 ?Aborted began", shown)
    assert re.search(r"21 items ?Succeeded", shown)


def test_the_state_that_failed_can_be_found_and_is_unfolded() -> None:
    whole = html(nightly_document(), timeline.bars(nightly_orders().events), now=NOW)
    assert whole.count('id="failed"') == whole.count('href="#failed"') == 1
    failed = whole.index('id="failed"')
    around: list[str] = []
    for found in re.finditer("<details( open)?>|</details>", whole[:failed]):
        if found[0] == "</details>":
            around.pop()
        else:
            around.append(found[0])
    assert around == ["<details open>"] * 2  # the Map and the item


def test_nothing_of_the_data_is_shown_unless_asked_for() -> None:
    """Input and output neither, nor the causes in which AWS quotes them."""
    cause = (
        "An error occurred while executing the state 'Look' (entered at the event id #2). "
        "Invalid path '$.gone': The choice state's condition path references an invalid value. '{\"name\":\"Ada\"}'"
    )
    document = night(
        output='{"paid": "Ada"}', cause=cause, failedState={"name": "Look", "type": "Choice", "cause": cause}
    )
    history = History()
    history.add(0, "ExecutionStarted", input="Ada")
    last = history.add(0, "ChoiceStateEntered", name="Look", input='"Ada"')
    history.add(1, "ExecutionFailed", last, error="States.Runtime", cause=cause)
    assert "Ada" not in page(document, history).text
    told = page(document, history, data=True).text
    assert '{"paid": "Ada"}' in told
    assert '"customer": "Ada"' in told
    assert cause in told


def test_what_is_masked_stays_so() -> None:
    document = night(output="****")
    document["invocation"]["fields"]["input"] = "****"
    shown = page(document, nightly_orders(), data=True).text
    assert shown.count("****") == 4  # and the two credentials


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><style>*{display:none}",
    "</title><base href=//evil.example>",
    "javascript:alert(1)",
    "1%;background:url(//evil.example)",
    "&lt;b&gt; &amp;",
    "\u202egnp.exe\u2066",
    "\x00\x1b[2J\x07",
    "\ud800 alone",
    "x" * 200_000,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_somebody_else_s_text_stays_text(hostile: str) -> None:
    """Wherever it can come from, the page has the elements and attributes that it has with a harmless one."""
    with_it, harmless = (page(*_everywhere(text), data=True, reason=text) for text in (hostile, "harmless"))
    if len(hostile) <= LEADING_TEXT:  # a longer cause is folded, with elements of its own
        assert [(tag, [*found]) for tag, found in with_it.seen] == [(tag, [*found]) for tag, found in harmless.seen]
    for styled in with_it.attributes("style"):
        assert re.fullmatch(r"(--step|--depth|left|width):[0-9.]+%?(;width:[0-9.]+%)?", styled)
    assert all(href == "#failed" or href.startswith("https://") for href in with_it.attributes("href"))
    assert not {"script", "img", "base", "iframe", "object", "link"} & {tag for tag, _ in with_it.seen}
    assert not [name for _, found in with_it.seen for name in found if name.startswith("on")]


def _everywhere(text: str) -> tuple[dict[str, Any], History]:
    history = History()
    history.add(0, "ExecutionStarted")
    started = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name=text), length=1)
    history.add(0, "MapRunStarted", started, mapRunArn=text)
    item = history.add(1, "MapIterationStarted", started, name=text, index=0)
    of = {"resource": text, "resourceType": "states"}
    last = history.add(1.2, "TaskScheduled", history.add(1.1, "TaskStateEntered", item, name=text), **of)
    last = history.add(1.3, "TaskSubmitted", last, **of, output='{"ExecutionArn": "a:b:c:d:e:execution:f:g"}')
    last = history.add(2, "TaskFailed", last, **of, error=text, cause=text)
    history.add(3, "ExecutionFailed", history.add(2.5, "MapIterationFailed", last, name=text, index=0), error=text)
    document = night(
        executionArn=text,
        stateMachineArn=f"arn:aws:states:eu-west-1:000000000000:stateMachine:{text}",
        name=text,
        consoleUrl=text,
        output=text,
        failedState={
            "name": text,
            "type": text,
            "error": text,
            "cause": text,
            "resource": text,
            "attempts": 2,
            "items": [{"map": text, "index": 0}],
            "mapRunArn": text,
            "itemCounts": {text: 1},
            "executionArn": text,
            "startedBy": [text],
        },
    )
    document["status_description"] = f"FAIL: {text}"
    document["invocation"]["fields"] |= {"input": text, "region": text}
    document["errors"] = [{"variable": text, "message": text}]
    return document, history


def test_a_very_long_cause_is_folded_and_cut() -> None:
    whole = html(night(failedState={"name": "Load", "type": "Task", "cause": "x" * 200_000}), None, now=NOW)
    assert len(whole) < 60_000
    assert "The cause has 200,000 characters" in whole
    assert "And 180,000 more characters, which the result document has." in whole


def test_no_script_and_nothing_from_elsewhere() -> None:
    """Not even if a mistake let a script in: the policy in the page forbids it."""
    shown = page(nightly_document(), nightly_orders())
    policy = next(found for tag, found in shown.seen if found.get("http-equiv") == "Content-Security-Policy")
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in shown.seen}
    assert not shown.attributes("src")
    assert "url(" not in STYLE
    assert "@import" not in STYLE


@pytest.mark.parametrize(
    ("code", "description", "status", "outcome"),
    [
        (0, "SUCCESS: It went well.", "SUCCEEDED", "SUCCEEDED"),
        (0, "SUCCESS: It went well.", "RUNNING", "STARTED"),
        (24, "FAIL: It was ABORTED.", "ABORTED", "ABORTED"),
        (25, "FAIL: It TIMED_OUT.", "TIMED_OUT", "TIMED_OUT"),
        (26, "FAIL: The wait is over.", "RUNNING", "FAIL"),
        (10, "CONNECTION_ERROR: No route.", "RUNNING", "CONNECTION_ERROR"),
        (20, "DATA_VALIDATION_ERROR: Wrong.", None, "DATA_VALIDATION_ERROR"),
    ],
)
def test_every_outcome_has_its_word(code: int, description: str, status: str | None, outcome: str) -> None:
    document = nightly_document() | {"exit_code": code, "status_description": description}
    document["result"] = document["result"] | {"status": status} if status else None
    shown = page(document)
    assert f"{outcome} exit {code}" in shown.text
    assert shown.text.strip().startswith(f"{outcome}: nightly-orders")
    assert description.partition(": ")[2] in shown.text


def test_without_a_history_the_page_says_why() -> None:
    assert "There is no timeline. Not allowed." in page(nightly_document(), reason="Not allowed.").text


def test_a_history_without_states_says_so() -> None:
    history = History()
    history.add(1, "ExecutionFailed", history.add(0, "ExecutionStarted"), error="States.Runtime")
    shown = page(nightly_document(), history).text
    assert "No state was entered." in shown


def test_a_failure_in_no_state_says_so() -> None:
    history = History()
    history.add(0, "ExecutionStarted")
    history.add(9, "ExecutionTimedOut", history.run(None, "Sleep", "Wait", 1))
    shown = page(night(failedState=None), history)
    assert "The execution timed out as a whole, in no state." in shown.text
    assert "#failed" not in shown.attributes("href")


def test_all_that_is_wrong_with_the_settings_is_told() -> None:
    document = nightly_document() | {"errors": [{"variable": "SFN_INPUT", "message": "must be JSON"}], "result": None}
    assert "SFN_INPUTmust be JSON" in page(document).text


def test_an_execution_that_still_runs_has_bars_up_to_now() -> None:
    history = History()
    history.add(0, "ExecutionStarted")
    history.run(None, "Sleep", "Wait", 75)
    shown = page(night(status="RUNNING"), history)
    assert "left:50.00%;width:50.00%" in shown.attributes("style")
    assert "Running began after 1 min 15 s" in shown.text


def test_a_full_history_makes_a_page_that_a_browser_likes() -> None:
    """The item that failed has a row of its own, and the others are counted."""
    whole = html(nightly_document(), timeline.bars(long_map(25_000).events), now=NOW)
    assert len(whole) < 150_000
    shown = Page(whole)
    items = len(long_map(25_000).happened[3:-6]) // 7
    assert f"{items:,} items" in shown.text
    assert f"Item {items}" in shown.text


@pytest.mark.parametrize(("count", "opened"), [(LONGEST_OPEN, True), (LONGEST_OPEN + 1, False)])
def test_few_items_are_shown_and_many_are_folded(count: int, opened: bool) -> None:
    history = History()
    history.add(0, "ExecutionStarted")
    started = history.add(0, "MapStateStarted", history.add(0, "MapStateEntered", name="Each"), length=count)
    for index in range(count):
        item = history.add(1, "MapIterationStarted", started, name="Each", index=index)
        last = history.add(
            3, "MapIterationSucceeded", history.run(item, "Take", "Pass", 1, 2), name="Each", index=index
        )
    last = history.add(4, "MapStateExited", history.add(4, "MapStateSucceeded", last), name="Each")
    history.add(5, "ExecutionSucceeded", last)
    whole = html(nightly_document(), timeline.bars(history.events), now=NOW)
    assert ("<details open><summary" in whole) is opened


def test_a_nested_execution_is_linked_where_the_console_shows_it() -> None:
    history = History()
    history.add(0, "ExecutionStarted")
    of = {"resource": "startExecution.sync", "resourceType": "states"}
    scheduled = history.add(1, "TaskScheduled", history.add(1, "TaskStateEntered", name="Call"), **of)
    child = "arn:aws:states:eu-west-1:000000000000:execution:child:one"
    history.add(2, "TaskSubmitted", scheduled, **of, output=f'{{"ExecutionArn": "{child}"}}')
    hrefs = page(nightly_document(), history).attributes("href")
    assert any(href.startswith("https://eu-west-1.console.aws.amazon.com/") and href.endswith(child) for href in hrefs)


def test_the_error_of_a_retried_attempt_is_in_its_row() -> None:
    assert "Attempts 1 to 2 failed. Lambda.TooManyRequestsException Rate Exceeded." in (
        page(nightly_document(), nightly_orders()).text
    )


def test_the_bill_of_an_express_execution_is_told() -> None:
    bill = {"billedDurationInMilliseconds": 1500, "billedMemoryUsedInMB": 64}
    assert "1.5 s, 64 MB" in page(night(billingDetails=bill)).text
