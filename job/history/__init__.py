"""The history of an execution: read, and walked back to what failed."""
