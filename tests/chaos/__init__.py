"""The chaos test: the job killed with SIGKILL at random instants, and restarted, in front of a real implementation.

    python -m tests.chaos --runs 500          # or `make chaos RUNS=500`

proxy.py       stands between the job and LocalStack: tells what passes, and cuts answers
supervisor.py  one run: starts the job, kills it, starts it again, until it exits by itself
verdict.py     what AWS's side says of a run, and whether that is what the contract promises
campaign.py    many runs side by side, and their figures
__main__.py    the command line
fanout.py      many processes of one fan-out, killed likewise; a command of its own
"""
