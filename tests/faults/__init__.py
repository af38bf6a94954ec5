"""The fault matrix: every request that the job can make, struck by every fault of the hostile endpoint, at each moment.

    python -m tests.faults          # or `make faults`: all of it; writes docs/faults.md

columns.py   the faults, and what each is to the job: an answer lost, a refusal …
rows.py      the requests, each in a run that makes it, and what the run needs it for
rules.py     what follows from both: the exit status. From the contract, not from what the code does
cells.py     one cell: a real process, struck, and judged by what the account knows
page.py      docs/faults.md
__main__.py  the command line
"""
