"""The report (SFN_REPORT_PATH): the history as bars, and the run as one HTML page."""
