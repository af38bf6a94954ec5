"""What a test sets up in front of the operations: faults in a script, quotas, permissions."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random

from .faults import Fault
from .wire import AwsError

ANY = "*"


@dataclass
class Rule:
    """`fault` for `times` requests (None: for ever), each with `probability`, after `skip` requests let through."""

    fault: Fault
    times: int | None
    skip: int
    probability: float
    random: Random

    def strikes(self) -> bool:
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.random.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Script:
    """Faults to come, first in first out for each operation; those for any operation come after its own."""

    def __init__(self) -> None:
        self._rules: defaultdict[str, deque[Rule]] = defaultdict(deque)

    def add(self, operation: str, rule: Rule) -> None:
        self._rules[operation].append(rule)

    def clear(self, operation: str | None = None) -> None:
        """Forgets the faults of the operation, or all."""
        if operation is None:
            self._rules.clear()
        else:
            self._rules.pop(operation, None)

    def next_fault(self, operation: str) -> Fault | None:
        for rules in (self._rules[operation], self._rules[ANY]):
            if rules and rules[0].strikes():
                rule = rules[0]
                if rule.times == 0:
                    rules.popleft()
                return rule.fault
        return None


class TokenBucket:
    """AWS's throttling: every request takes a token, `refill` come back each second, never more than `bucket`."""

    def __init__(self, bucket: float, refill: float, clock: Callable[[], float]) -> None:
        self._size = self._tokens = float(bucket)
        self._refill = refill
        self._clock = clock
        self._at = clock()

    def take(self) -> None:
        """Raises ThrottlingException when the bucket is empty."""
        now = self._clock()
        self._tokens = min(self._size, self._tokens + (now - self._at) * self._refill)
        self._at = now
        if self._tokens < 1:
            raise AwsError("ThrottlingException", "Rate exceeded")
        self._tokens -= 1


class Permissions:
    """What is allowed: pairs of actions and resources (with `*` as in a policy), or everything with None.

    GetCallerIdentity needs no permission.
    """

    def __init__(self, statements: Iterable[tuple[Iterable[str], str]] | None = None) -> None:
        self._statements = None if statements is None else [(list(actions), to) for actions, to in statements]

    def check(self, caller_arn: str | None, action: str, resource: str | None) -> None:
        """Raises AccessDeniedException; the caller is None where STS doesn't know one yet."""
        if self._statements is None or action == "sts:GetCallerIdentity":
            return
        if not any(
            fnmatchcase(resource or "*", to) and any(fnmatchcase(action, allowed) for allowed in actions)
            for actions, to in self._statements
        ):
            if caller_arn is None:
                raise AwsError("AccessDeniedException", f"Not authorized to perform {action}")
            on = f"on resource: {resource} " if resource else ""
            raise AwsError(
                "AccessDeniedException",
                f"User: {caller_arn} is not authorized to perform: {action} {on}"
                f"because no identity-based policy allows the {action} action",
            )
