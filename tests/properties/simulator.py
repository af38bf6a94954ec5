"""A small Step Functions: carries out state machines that it makes up, and knows what became of them.

It writes the events that GetExecutionHistory gives, in the shapes that job/history/culprit.py tells of as AWS's:
branches and items at once or in turn, retries, catches, failures inside of each other.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from job.history.failures import FailedState, Item
from tests.unit.history.test_culprit import INVOKE, LAMBDA, event

Events = list[dict[str, Any]]
Run = Generator[None, None, int]
"""Stops after each event, so that others can happen; returns the id of what comes next follows from."""

DEEPEST = 3


@dataclass
class State:
    """One state of a definition, with the states inside of it: those of each branch, or of a Map's items."""

    name: str
    type: str
    inside: list[list[State]] = field(default_factory=list)
    serial: bool = False
    """A Map does its items one after the other."""


class Failed(Exception):
    """A state failed with the event of this id."""

    def __init__(self, entered: Entered, event_id: int, state: FailedState, *, final: bool = False) -> None:
        """``final``: no Catch and no Retry is for it."""
        super().__init__()
        self.entered = entered
        self.event_id = event_id
        self.state = state
        self.final = final


class Entered(NamedTuple):
    """A state that has begun."""

    state: State
    event_id: int
    previous: int
    around: Entered | None
    items: tuple[Item, ...]

    def is_in(self, other: Entered) -> bool:
        """Whether it is a state inside of the other one."""
        return self.around is not None and (self.around == other or self.around.is_in(other))


@dataclass
class Simulator:
    """One execution."""

    random: Random
    misfortune: float
    """How likely it is that something fails."""
    events: Events = field(default_factory=list)
    open: list[Entered] = field(default_factory=list)
    """The states that were entered and not left yet."""
    aborted: list[Entered] = field(default_factory=list)
    """Those that something else's failure ended."""
    _names: int = 0

    def definition(self, depth: int = 0) -> list[State]:
        """Make up some states that come one after the other; by a loop some come twice."""
        states = [self._state(depth) for _ in range(self.random.randint(1, 3))]
        return states + states[:1] if self.random.random() < 0.2 else states

    def _state(self, depth: int) -> State:
        types = ["Task", "Task", "Pass", "Choice", "Wait"] + (["Map", "Parallel"] * 2 if depth < DEEPEST else [])
        type_ = self.random.choice(types)
        self._names += 1
        name = f"{type_} {self._names}"
        if type_ not in {"Map", "Parallel"}:
            return State(name, type_)
        inside = [self.definition(depth + 1) for _ in range(self.random.randint(1, 3) if type_ == "Parallel" else 1)]
        return State(name, type_, inside, serial=self.random.random() < 0.3)

    def carry_out(self, definition: list[State], steps: int | None = None) -> FailedState | None:
        """Run the execution to its end, or so many events far; return the state in which it failed."""
        self._add("ExecutionStarted", 0)
        running = self._sequence(definition, 0, None, ())
        try:
            while steps is None or len(self.events) < steps:
                next(running)
        except StopIteration as ended:
            self._add("ExecutionSucceeded", ended.value)
        except Failed as failed:
            error = {"error": failed.state.error, "cause": failed.state.cause}
            self._add("ExecutionFailed", failed.event_id, **error)
            return failed.state
        return None

    def _add(self, type_: str, previous: int, **details: Any) -> int:
        number = len(self.events) + 1
        self.events.append(event(number, type_, previous, **details))
        return number

    def _bad_luck(self) -> bool:
        return self.random.random() < self.misfortune

    def _sequence(self, states: list[State], previous: int, around: Entered | None, items: tuple[Item, ...]) -> Run:
        for state in states:
            entered = self._enter(state, previous, around, items)
            yield
            try:
                previous = yield from self._body(entered)
            except Failed as failed:
                if failed.final or self._bad_luck():
                    raise
                previous = failed.event_id  # the definition's Catch goes on with the next state
            previous = self._add(f"{state.type}StateExited", previous, name=state.name)
            self.open.remove(entered)
            yield
        if self.random.random() < self.misfortune / 4:
            self._names += 1
            entered = self._enter(State(f"Fail {self._names}", "Fail"), previous, around, items)
            yield
            raise self._failed(entered, entered.event_id, *_words(entered.event_id))
        return previous

    def _enter(self, state: State, previous: int, around: Entered | None, items: tuple[Item, ...]) -> Entered:
        event_id = self._add(f"{state.type}StateEntered", previous, name=state.name)
        self.open.append(Entered(state, event_id, previous, around, items))
        return self.open[-1]

    def _failed(
        self, entered: Entered, event_id: int, error: str, cause: str, *, attempts: int = 1, final: bool = False
    ) -> Failed:
        resource = INVOKE if attempts and entered.state.type == "Task" else None
        known = FailedState(entered.state.name, entered.state.type, error, cause, resource)
        return Failed(entered, event_id, known._replace(attempts=attempts or 1, items=entered.items), final=final)

    def _body(self, entered: Entered) -> Run:
        """Carry out a state, with its retries."""
        state, last = entered.state, entered.event_id
        if self.random.random() < self.misfortune / 6:
            told = _told(entered)
            last = self._add("EvaluationFailed", entered.previous, state=state.name, error=told[0], cause=told[1])
            yield
            if state.inside:
                last = self._add(f"{state.type}StateFailed", last)
                yield
            raise self._failed(entered, last, *told, attempts=0)
        attempt = {"Task": self._task, "Map": self._map, "Parallel": self._parallel}.get(state.type)
        if attempt is None:
            return last
        for number in range(1, 4):
            try:
                last = yield from attempt(entered, last, number)
                break
            except Failed as failed:
                last = failed.event_id  # which a retry follows from
                if failed.final or number == 3 or self._bad_luck():
                    if state.inside:
                        failed.event_id = self._add(f"{state.type}StateFailed", last)
                        yield
                    raise
        if self.random.random() < self.misfortune / 6:  # the result isn't what the definition can do with
            raise self._failed(entered, last, *_told(entered), attempts=number, final=True)
        return last

    def _task(self, entered: Entered, previous: int, number: int) -> Run:
        for what in ("Scheduled", "Started"):
            previous = self._add(f"Task{what}", previous, **LAMBDA)
            yield
        if not self._bad_luck():
            previous = self._add("TaskSucceeded", previous, **LAMBDA)
            yield
            return previous
        error, cause = _words(previous)
        what = self.random.choice(["TaskFailed", "TaskTimedOut"])
        previous = self._add(what, previous, **LAMBDA, error=error, cause=cause)
        yield
        raise self._failed(entered, previous, error, cause, attempts=number)

    def _parallel(self, entered: Entered, previous: int, number: int) -> Run:
        started = self._add("ParallelStateStarted", previous)
        yield
        branches = [self._sequence(states, started, entered, entered.items) for states in entered.state.inside]
        return (yield from self._at_once(entered, branches, number, started))

    def _map(self, entered: Entered, previous: int, number: int) -> Run:
        started = self._add("MapStateStarted", previous)
        yield
        ends = [started]
        runs = [self._item(entered, index, ends) for index in range(self.random.randint(0, 3))]
        return (yield from self._at_once(entered, runs, number, started))

    def _item(self, entered: Entered, index: int, ends: list[int]) -> Run:
        state = entered.state
        previous = self._add("MapIterationStarted", ends[-1 if state.serial else 0], name=state.name, index=index)
        yield
        try:
            items = (*entered.items, Item(state.name, index))
            previous = yield from self._sequence(state.inside[0], previous, entered, items)
        except Failed as failed:
            self._add("MapIterationFailed", failed.event_id, name=state.name, index=index)
            raise
        self._add("MapIterationSucceeded", previous, name=state.name, index=index)
        ends.append(previous)
        yield
        return previous

    def _at_once(self, entered: Entered, runs: list[Run], number: int, last: int) -> Run:
        """Carry out the branches or items of one attempt; where one fails, the others stay where they are."""
        state = entered.state
        while runs:
            run = runs[0] if state.serial else self.random.choice(runs)
            try:
                next(run)
            except StopIteration as ended:
                runs.remove(run)
                last = ended.value
            except Failed as failed:
                for inner in [one for one in self.open if one.is_in(entered)]:
                    self.open.remove(inner)
                    if inner == failed.entered or failed.entered.is_in(inner):
                        continue
                    self.aborted.append(inner)
                    if inner.state.type == "Task" and self.random.random() < 0.5:
                        self._add("TaskStateAborted", failed.event_id)
                if failed.state.attempts == 1:  # then it tells how often what is nearest around it was tried
                    failed.state = failed.state._replace(attempts=number)
                yield
                raise
            else:
                yield
        last = self._add(f"{state.type}StateSucceeded", last)
        yield
        return last


def _words(number: int) -> tuple[str, str]:
    return f"Error{number}", f"cause of {number}"


def _told(entered: Entered) -> tuple[str, str]:
    where = f"'{entered.state.name}' (entered at the event id #{entered.event_id})"
    return "States.Runtime", f"An error occurred while executing the state {where}. Alas."
