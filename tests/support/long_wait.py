"""`python -m tests.support.long_wait URL STATE_MACHINE_ARN CHECKS`: a wait of so many checks, on a clock that jumps.

The job's own wait, schedule, progress and client, against a real endpoint; only the clock isn't real, and so nothing
sleeps. Prints, as JSON, the seconds that passed on it, and the KiB of memory in use when a tenth of the checks were
done and at the end.
"""

import json
import os
import sys
import time
from pathlib import Path

from job import executions
from job.__main__ import prepare
from job.aws import connect
from job.errors import JobError
from job.executions import Execution
from job.loading import load
from job.progress import Progress
from job.run import Run
from job.schedule import Schedule
from job.signals import Stop
from job.waiting import Limits, wait
