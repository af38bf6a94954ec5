"""The report in a real browser: read by eye, by keyboard, on paper, and by axe for those who can't see it.

Where there is no Chromium these tests are skipped, by that name; `apt-get install chromium` installs one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import axe_core_python  # type: ignore[import-untyped]  # only its file is used
import pytest

from job.report import timeline
from job.report.page import html
from tests.support.histories import NIGHT, START, History, long_map, nightly_document, nightly_orders

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(axe_core_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
NOW = START + timedelta(seconds=150)
HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(1)</script></style></title>\u202e\x00\ud800" + "W" * 300

Scheme = Literal["light", "dark"]


def _failed() -> str:
    return html(nightly_document(), timeline.bars(nightly_orders().events), now=NOW, data=True)


def _succeeded() -> str:
    document = nightly_document() | {"exit_code": 0, "status_description": "SUCCESS: AWS workflow executed."}
    document["result"] = document["result"] | {"status": "SUCCEEDED", "error": None, "cause": None, "failedState": None}
    history = History()
    history.add(0, "ExecutionStarted")
    last = history.task(None, "Load", (0.1, 4, "Odd", "try again"), (6, 30))
    history.add(31, "ExecutionSucceeded", history.run(last, "Store", "Pass", 30, 31))
    return html(document, timeline.bars(history.events), now=NOW)


def _full() -> str:
    return html(nightly_document(), timeline.bars(long_map(25_000, 400).events), now=NOW)


def _refused() -> str:
    problems = [{"variable": "SFN_STATE_MACHINE_ARN", "message": "is required"}]
    sentence = "DATA_VALIDATION_ERROR: SFN_STATE_MACHINE_ARN is required."
    document = nightly_document() | {
        "exit_code": 20,
        "status_description": sentence,
        "errors": problems,
        "result": None,
    }
    return html(document, None, now=NOW, reason="Nothing was started.")


def _hostile() -> str:
    history = History()
    history.add(0, "ExecutionStarted")
    last = None
    for _ in range(8):
        last = history.add(0, "MapStateEntered", last, name=HOSTILE)
        last = history.add(0, "MapStateStarted", last, length=10**9)
        last = history.add(0, "MapIterationStarted", last, name=HOSTILE, index=10**9)
    last = history.task(last, HOSTILE, (1, 2, HOSTILE, HOSTILE), (3, 9e9, HOSTILE, HOSTILE * 100), exits=False)
    history.add(9e9, "ExecutionFailed", last)
    document = nightly_document() | {"status_description": f"FAIL: {HOSTILE}"}
    state = {"name": HOSTILE, "type": "Task", "error": HOSTILE, "cause": HOSTILE * 1000, "startedBy": [HOSTILE]}
    document["result"] = document["result"] | {"name": HOSTILE, "failedState": state, "output": HOSTILE}
    document["result"] |= {"executionArn": HOSTILE, "stateMachineArn": f"{NIGHT}:stateMachine:{HOSTILE}"}
    return html(document, timeline.bars(history.events), now=NOW, data=True)


PAGES: dict[str, Callable[[], str]] = {
    "failed": _failed,
    "succeeded": _succeeded,
    "full": _full,
    "refused": _refused,
    "hostile": _hostile,
}


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open one of the pages as a file, so wide; whatever it says, asks for or loads fails the test."""
    said: list[str] = []
    pages: list[Page] = []

    def show(name: str, width: int = 1400, scheme: Scheme = "light", height: int = 800) -> Page:
        file = tmp_path / f"{name}.html"
        file.write_text(PAGES[name](), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: said.append(f"request: {request.url}"))
        page.goto(file.as_uri())
        assert said.pop(0) == f"request: {file.as_uri()}"
        pages.append(page)
        return page

    yield show
    for page in pages:
        page.close()
    assert not said


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def axe(page: Page) -> list[dict[str, Any]]:
    """Return what axe finds wrong, with all of its rules."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        {"rule": one["id"], "help": one["help"], "nodes": [node["html"][:200] for node in one["nodes"][:3]]}
        for one in found["violations"]
    ]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        (name, width, scheme)
        for name in PAGES
        for width in (320, 768, 1400)
        for scheme in ("light", "dark")
        if name != "full" or (width, scheme) in {(320, "dark"), (1400, "light")}  # axe takes long for it
    ],
)
def test_everybody_can_read_it(name: str, width: int, scheme: Scheme, shown: Callable[..., Page]) -> None:
    """Folded and unfolded: nothing that axe knows to be a barrier, and nothing beyond the screen's edge."""
    page = shown(name, width, scheme)
    for _ in range(2):
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = """[...document.querySelectorAll('body *')]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.unseen'))
            .map(one => one.outerHTML.slice(0, 200))"""
        assert page.evaluate(beyond) == []
        unfold(page)


@pytest.mark.parametrize(("width", "height"), [(320, 640), (1400, 800)])
def test_why_it_failed_is_on_the_first_screen(width: int, height: int, shown: Callable[..., Page]) -> None:
    """The outcome, the state, the error and the cause."""
    page = shown("failed", width, height=height)
    for text in ("FAILED", "PaymentDeclined", "insufficient funds"):
        box = page.get_by_text(text).first.bounding_box()
        assert box
        assert box["y"] + box["height"] < height


def test_where_it_failed_is_one_click_away(shown: Callable[..., Page]) -> None:
    """And looks like nothing else there."""
    page = shown("failed", height=500)
    page.get_by_role("link", name="Show it in the timeline").click()
    failed = page.locator("#failed")
    assert "Charge the card" in failed.inner_text()
    assert "PaymentDeclined" in failed.inner_text()
    page.wait_for_function("document.querySelector('#failed').getBoundingClientRect().top < innerHeight")
    colour = "one => getComputedStyle(one).backgroundColor"
    colours = [row.evaluate(colour) for row in page.locator(".row").all()]
    assert colours.count(page.locator("#failed .row").evaluate(colour)) == 1


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(shown: Callable[..., Page]) -> None:
    """Each link and each part that unfolds, with a ring around it; and Enter unfolds it."""
    page = shown("failed")
    able = page.locator("a[href], summary")
    wanted = [one.inner_text() for one in able.all() if one.is_visible()]
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached == wanted
    assert len(wanted) > 10
    page.locator("summary", has_text="Load exchange rates").focus()
    attempts = page.get_by_text("Attempts 1 to 2 failed.")
    assert not attempts.is_visible()
    page.keyboard.press("Enter")
    assert attempts.is_visible()


def test_a_screen_reader_hears_lists_of_states(shown: Callable[..., Page]) -> None:
    """With how each ended in words."""
    page = shown("failed")
    heard = page.get_by_role("list", name="States, in the order in which they were entered").aria_snapshot()
    assert "Let payments settle Wait Succeeded began after 44.1 s, took 30 s" in " ".join(heard.split())
    assert page.get_by_role("heading", level=1).inner_text() == "nightly-orders"
    assert page.evaluate("document.documentElement.lang") == "en"


def test_bars_stand_where_they_were_in_time(shown: Callable[..., Page]) -> None:
    """Under their ticks, whatever they are nested in."""
    page = shown("failed")
    track = page.locator(".track").first.bounding_box()
    tick = page.locator(".labels span", has_text="30 s").first.bounding_box()
    wait = page.locator("li", has_text="Let payments settle").locator(".track i").first.bounding_box()
    assert track
    assert tick
    assert wait
    second = (tick["x"] - track["x"]) / 30
    assert abs(wait["width"] / second - 30) < 0.3
    assert abs((wait["x"] - track["x"]) / second - 44.15) < 0.3
    lefts = {
        round(box["x"]) for one in page.locator(".track").all() if one.is_visible() and (box := one.bounding_box())
    }
    assert lefts == {round(track["x"])}


def test_paper_shows_what_is_folded_in_light_colours(shown: Callable[..., Page]) -> None:
    page = shown("failed", scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    folded = page.get_by_text("Attempts 1 to 2 failed.")
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    assert page.get_by_text("Ada").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)" != dark
    assert page.pdf(format="A4").startswith(b"%PDF-")


def test_a_full_history_is_there_at_once(shown: Callable[..., Page]) -> None:
    page = shown("full")
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert timing < 3000
    assert page.locator("#failed").is_visible()
