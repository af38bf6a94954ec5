# ruff: noqa: T201 - print is how a benchmark speaks
"""Runs a command and writes what it used as the last line of standard error: CPU seconds and peak KiB, from wait4.

A process of its own, and a small one, because a child's peak memory begins with that of whoever started it. Needs
nothing but a bare Python: `python3 -IBS meter.py COMMAND...`, or by `-c` with this text.
"""

import os
import sys

child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(child, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
