"""Measurements of the job, to be repeated: each module is a command, `python -m benchmarks.<name>`."""
