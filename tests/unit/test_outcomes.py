"""The exit codes are the contract's, each once."""

from job.outcomes import Outcome

CONTRACT = {
    0: "SUCCESS",
    1: "FAIL",
    2: "AUTHENTICATION_ERROR",
    3: "AUTHORIZATION_ERROR",
    10: "CONNECTION_ERROR",
    11: "CONNECTION_ERROR",
    20: "DATA_VALIDATION_ERROR",
    23: "FAIL",
    24: "FAIL",
    25: "FAIL",
    26: "FAIL",
    130: "FAIL",
    143: "FAIL",
}


def test_every_code_has_the_contracts_status() -> None:
    """The table of the contract's section 2, whole and nothing else."""
    assert {int(outcome): outcome.status for outcome in Outcome} == CONTRACT


def test_every_code_says_when() -> None:
    """The documentation's sentence is a sentence."""
    assert all(outcome.when.endswith(".") for outcome in Outcome)
