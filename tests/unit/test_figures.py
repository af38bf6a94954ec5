"""docs/performance.md says what docs/performance.json holds."""

from benchmarks import figures


def test_the_page_is_made_from_the_figures() -> None:
    page = figures.PAGE.read_text(encoding="utf-8")
    assert figures.rendered(page) == page
    assert page.count("<!-- generated: ") == len(figures.PARTS)
