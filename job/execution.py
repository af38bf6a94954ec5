"""What is known of one execution; `job.executions` has the requests that find it out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution; the fields are DescribeExecution's, in Python's spelling."""

    execution_arn: str
    state_machine_arn: str
    name: str
    status: str
    start_date: datetime
    stop_date: datetime | None = None
    input: str | None = None
    output: str | None = None
    output_details: dict[str, Any] | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    redrive_date: datetime | None = None
    billing_details: dict[str, Any] | None = None

    @property
    def began(self) -> float:
        """When it was started, or redriven last; epoch seconds by AWS's clock."""
        return (self.redrive_date or self.start_date).timestamp()
