"""sfn-job: one AWS Step Functions execution as a job."""

__version__ = "0.1.0"
