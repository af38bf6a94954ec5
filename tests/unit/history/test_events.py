"""Reading a history from its end."""

from typing import Any

from job.history.events import Newest, oldest_first


class Pages:
    """Answers with these pages, given newest first, and keeps what was asked for."""

    def __init__(self, *pages: list[int]) -> None:
        self._pages = pages
        self.asked: list[dict[str, Any]] = []

    def __call__(self, _operation: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append(dict(parameters))
        number = int(parameters.get("nextToken") or 0)
        events = [{"id": id_, "previousEventId": id_ - 1, "type": f"T{id_}"} for id_ in self._pages[number]]
        return {"events": events, "nextToken": str(number + 1) if number + 1 < len(self._pages) else None}


def test_pages_are_turned_only_as_far_as_asked_for() -> None:
    """With the arguments unchanged, as AWS wants it, and without the states' data."""
    pages = Pages([9, 8, 7], [6, 5, 4], [3, 2, 1])
    events = Newest(pages, "arn")
    assert [event.id for event in events.newest()] == [9, 8, 7]
    assert events.holds(7)
    assert not events.holds(5)
    found = events.get(5)
    assert found
    assert (found.id, found.previous, found.type) == (5, 4, "T5")
    assert len(pages.asked) == 2
    first, second = pages.asked
    assert first == {"executionArn": "arn", "reverseOrder": True, "maxResults": 1000, "includeExecutionData": False}
    assert second == {**first, "nextToken": "1"}


def test_an_event_that_says_nothing_of_it_followed_from_the_one_before() -> None:
    """AWS always says it, other implementations don't."""
    events = Newest(lambda *_, **__: {"events": [{"id": 7, "type": "T7"}]}, "arn")
    assert [event.previous for event in events.newest()] == [6]


def test_what_is_not_there_is_none() -> None:
    """No event 0, none that is missing, and none on a page that was turned: only one is held."""
    events = Newest(Pages([9, 8], [5, 4], [3]), "arn")
    events.newest()
    assert [events.get(number) for number in (0, 7, 9, 2)] == [None] * 4


def test_an_empty_page_is_not_the_end() -> None:
    """AWS may give fewer events than asked for."""
    assert [event.id for event in Newest(Pages([], [], [2, 1]), "arn").newest()] == [2, 1]
    assert Newest(Pages([]), "arn").newest() == []


def test_a_whole_history_comes_page_by_page() -> None:
    """In AWS's order, and with the arguments unchanged."""
    pages = Pages([1, 2], [], [3])
    assert [event["id"] for event in oldest_first(pages, "arn")] == [1, 2, 3]
    first, *others = pages.asked
    assert first == {"executionArn": "arn", "maxResults": 1000, "includeExecutionData": False}
    assert others == [{**first, "nextToken": "1"}, {**first, "nextToken": "2"}]
