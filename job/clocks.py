"""AWS's clock, as far as its answers tell, because "was this execution started by our request?" is asked of it.

An answer's Date header is the server's time cut to the second, and the server read its clock somewhere between our
sending and our receiving. Each answer so bounds how far the server's clock is ahead of ours.
"""

import math
from email.utils import mktime_tz, parsedate_tz

from job.aws.api import Answer

SLACK = 0.02
"""Seconds by which AWS's own machines may disagree, and its dates be cut."""


class ServerClock:
    """Bounds of (server's clock - clock here) in seconds, narrowed by every answer."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.least = -math.inf
        self.most = math.inf

    def observe(self, answer: Answer) -> None:
        """Learn from an answer. Where one has no Date, the clocks are taken to agree to the second."""
        date = parsedate_tz(answer.date) if answer.date else None
        server = mktime_tz(date) if date else math.floor(answer.received)
        self.least = max(self.least, server - answer.received)
        self.most = min(self.most, server + 1 - answer.sent)

    def preceded(self, start_date: float, sent: float) -> bool | None:
        """Say whether ``start_date`` (server's clock) lies before ``sent`` (clock here); None where that isn't sure.

        The clock here is believed when it says no, unless the server's is known to differ. A date in whole seconds, as
        some stand-ins for AWS give, may have had a fraction.
        """
        whole = start_date.is_integer()
        if start_date + whole < sent + self.least - SLACK:
            return True
        may_be_right = self.least <= 0 <= self.most
        if start_date >= sent - SLACK + (0 if may_be_right else self.most):
            return False
        return None

    def telling_moment(self, now: float) -> float:
        """Return the next moment (clock here) at which an answer's Date halves what is uncertain."""
        middle = (self.least + self.most) / 2
        return math.ceil(now + middle) - middle
