"""Every way in which botocore can fail has a class of ours."""

from collections.abc import Iterator

import botocore.exceptions
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker

from job import errors
from job.aws import errors as aws_errors

OPERATIONS = {
    "stepfunctions": ("StartExecution", "DescribeExecution", "ListExecutions", "GetExecutionHistory"),
    "sts": ("AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity"),
}
"""What the job calls, itself or through botocore's credential chain."""

UNREACHABLE = {
    # Other services' features.
    "AwsChunkedWrapperError", "CapacityNotAvailableError", "FlexibleChecksumError", "InvalidChecksumConfigError",
    "InvalidDNSNameError", "InvalidEndpointDiscoveryConfigurationError", "InvalidS3AddressingStyleError",
    "InvalidS3UsEast1RegionalEndpointConfigError", "UnseekableStreamError", "UnsupportedOutpostResourceError",
    "UnsupportedS3AccesspointConfigurationError", "UnsupportedS3ArnError", "UnsupportedS3ConfigurationError",
    "UnsupportedS3ControlArnError", "UnsupportedS3ControlConfigurationError", "MD5UnavailableError",
    # Parts of botocore that the job doesn't use: paginators, waiters, stubs, JMESPath.
    "InvalidExpressionError", "OperationNotPageableError", "PaginationError", "StubAssertionError",
    "StubResponseError", "UnStubbedResponseError", "UnknownClientMethodError", "WaiterConfigError", "WaiterError",
    # A botocore that is broken or incomplete: exit 1 is right.
    "ApiVersionNotFoundError", "DataNotFoundError", "MissingDependencyException", "MissingParametersError",
    "MissingServiceIdError", "UndefinedModelAttributeError", "UnknownServiceError", "UnknownServiceStyle",
    "UnknownSignatureVersionError", "UnsupportedServiceProtocolsError", "UnsupportedSignatureVersionError",
    # The base, and one that is translated by its code.
    "BotoCoreError", "ClientError", "EventStreamError",
}  # fmt: skip
"""Exceptions of botocore's that the job's calls can't raise, or for which exit 1 is right."""


def modelled_codes() -> Iterator[str]:
    loader = botocore.session.get_session()
    for service, operations in OPERATIONS.items():
        model = loader.get_service_model(service)
        for operation in operations:
            for shape in model.operation_model(operation).error_shapes:
                yield shape.metadata.get("error", {}).get("code", shape.name)


def exception_classes() -> list[type[BaseException]]:
    return [
        thing
        for thing in vars(botocore.exceptions).values()
        if isinstance(thing, type)
        and issubclass(thing, Exception)
        and not issubclass(thing, Warning)
        and thing.__module__ == botocore.exceptions.__name__
    ]


@pytest.mark.parametrize("code", sorted(set(modelled_codes())))
def test_every_error_of_the_models_is_mapped(code: str) -> None:
    """Whatever botocore's models list for the operations that the job calls has a class."""
    assert code in aws_errors.BY_CODE


@pytest.mark.parametrize("code", ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
def test_what_botocore_takes_for_throttling_is_throttling(code: str) -> None:
    """Its list is the union of what AWS's services say."""
    assert aws_errors.BY_CODE[code] is errors.Throttled


@pytest.mark.parametrize("theirs", exception_classes(), ids=lambda theirs: theirs.__name__)
def test_every_exception_of_botocore_is_mapped_or_cannot_come(theirs: type[BaseException]) -> None:
    """A class that a new botocore brings fails here until somebody has decided about it."""
    mapped = aws_errors.class_for(theirs) is not errors.JobError
    assert mapped != (theirs.__name__ in UNREACHABLE)


def answered(code: str, status: int, message: str = "because") -> errors.JobError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws_errors.translate(ClientError(response, "StartExecution"), renewable=False)


@pytest.mark.parametrize(
    ("code", "status", "ours"),
    [
        ("403", 403, errors.NotAws),
        ("", 404, errors.NotAws),
        ("302", 302, errors.NotAws),
        ("429", 429, errors.Throttled),
        ("502", 502, errors.AnswerLost),
        ("InternalFailure", 500, errors.AnswerLost),
        ("ServiceUnavailable", 503, errors.AnswerLost),
        ("SomethingNew", 400, errors.JobError),
        ("NotAuthorized", 400, errors.AccessDenied),
        ("ThrottlingException", 400, errors.Throttled),
    ],
)
def test_answers_that_are_no_aws_errors_have_their_place(code: str, status: int, ours: type[errors.JobError]) -> None:
    """By the HTTP status where the body names no code of AWS's."""
    assert type(answered(code, status)) is ours


def test_a_status_without_a_code_is_said_once() -> None:
    """Botocore puts the status where the code would be."""
    assert str(answered("502", 502)) == "StartExecution: HTTP 502."
    assert str(answered("InternalFailure", 500)) == "StartExecution: HTTP 500 InternalFailure."


def test_a_refused_account_has_the_contracts_sentence_alone() -> None:
    """AWS's message repeats headers for a bad signature, so it must go nowhere."""
    error = answered("InvalidSignatureException", 403, "x-amz-security-token:SECRET")
    assert str(error) == "Account cannot be authenticated."
    assert "SECRET" not in str(error.detail)


@pytest.mark.parametrize("renewable", [True, False])
def test_expired_credentials_pass_only_where_they_renew_themselves(renewable: bool) -> None:
    """Static keys that have expired never come back."""
    response = {"Error": {"Code": "ExpiredTokenException", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = aws_errors.translate(ClientError(response, "DescribeExecution"), renewable=renewable)
    assert isinstance(error, errors.CredentialsExpired)
    assert error.transient is renewable


def test_ours_stays_ours() -> None:
    """Translating twice changes nothing."""
    error = errors.AnswerLost("lost")
    assert aws_errors.translate(error, renewable=False) is error


def test_what_nobody_has_foreseen_is_named_and_no_more() -> None:
    """Its text may hold anything."""
    error = aws_errors.translate(RuntimeError("SECRET"), renewable=False)
    assert type(error) is errors.JobError
    assert "RuntimeError" in str(error)
    assert "SECRET" not in str(error)


def test_what_botocore_refuses_to_send_is_told_in_its_words() -> None:
    """It knows what is wrong with which parameter."""
    refused = botocore.exceptions.ParamValidationError(report="Invalid length for parameter name")
    error = aws_errors.translate(refused, renewable=False)
    assert type(error) is errors.RequestRefused
    assert "Invalid length for parameter name" in str(error)
