"""The edge where botocore's errors become ours: by class and by AWS's error code, never by the text of a message."""

from botocore import exceptions as theirs
from botocore.parsers import ResponseParserError

from job import errors
from job.aws import connection_errors

BY_CODE: dict[str, type[errors.JobError]] = {
    **dict.fromkeys(
        (
            "IDPRejectedClaim",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidIdentityToken",
            "InvalidSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "NotAuthorizedException",
            "RequestExpired",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ),
        errors.AuthenticationFailed,
    ),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException"), errors.CredentialsExpired),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "KmsAccessDeniedException",
            "KmsInvalidStateException",
            "NotAuthorized",
            "OptInRequired",
            "SubscriptionRequiredException",
            "UnauthorizedOperation",
        ),
        errors.AccessDenied,
    ),
    **dict.fromkeys(
        (
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "ExecutionLimitExceeded",
            "KmsThrottlingException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ),
        errors.Throttled,
    ),
    **dict.fromkeys(("IDPCommunicationError", "RequestTimeout", "RequestTimeoutException"), errors.AnswerLost),
    "ExecutionAlreadyExists": errors.ExecutionNameTaken,
    "ExecutionDoesNotExist": errors.ExecutionNotFound,
    "ExecutionNotRedrivable": errors.ExecutionNotRedrivable,
    **dict.fromkeys(
        (
            "InvalidArn",
            "InvalidExecutionInput",
            "InvalidName",
            "InvalidToken",
            "MalformedPolicyDocument",
            "PackedPolicyTooLarge",
            "RegionDisabledException",
            "ResourceNotFound",
            "StateMachineDeleting",
            "StateMachineDoesNotExist",
            "StateMachineTypeNotSupported",
            "ValidationError",
            "ValidationException",
        ),
        errors.RequestRefused,
    ),
}
"""AWS's error codes. Sources: the service models of Step Functions and STS, and AWS's lists of common errors."""

BY_CLASS: dict[type[BaseException], type[errors.JobError]] = {
    **dict.fromkeys(
        (
            UnicodeEncodeError,  # keys that aren't UTF-8: the request can't be signed, and isn't sent
            OSError,  # a token file that isn't there, a credential_process that can't be run
            theirs.ConfigNotFound,
            theirs.ConfigParseError,
            theirs.CredentialRetrievalError,
            theirs.InvalidConfigError,
            theirs.LoginError,
            theirs.MetadataRetrievalError,
            theirs.NoAuthTokenError,
            theirs.NoCredentialsError,
            theirs.PartialCredentialsError,
            theirs.ProfileNotFound,
            theirs.RefreshWithMFAUnsupportedError,
            theirs.SSOError,
            theirs.TokenRetrievalError,
            theirs.UnknownCredentialError,
            theirs.UnknownTokenProviderError,
        ),
        errors.AuthenticationFailed,
    ),
    **dict.fromkeys(
        (
            theirs.BaseEndpointResolverError,
            theirs.EndpointProviderError,
            theirs.InvalidDefaultsMode,
            theirs.InvalidEndpointConfigurationError,
            theirs.InvalidHostLabelError,
            theirs.InvalidIMDSEndpointError,
            theirs.InvalidIMDSEndpointModeError,
            theirs.InvalidProxiesConfigError,
            theirs.InvalidRetryConfigurationError,
            theirs.InvalidSTSRegionalEndpointsConfigError,
            theirs.ParamValidationError,
            theirs.ServiceNotInRegionError,
            theirs.UnknownRegionError,
            theirs.ValidationError,
        ),
        errors.RequestRefused,
    ),
    **dict.fromkeys(
        (theirs.ConnectionError, theirs.ConnectTimeoutError, theirs.EndpointConnectionError),
        errors.ServiceUnreachable,
    ),
    **dict.fromkeys(
        (
            TimeoutError,  # the request's time as a whole, from `job.signals.Stop.call`
            # An answer that is JSON but not AWS's makes botocore's parser stumble in any of these ways.
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            theirs.ChecksumError,
            theirs.HTTPClientError,
            theirs.IncompleteReadError,
            theirs.ReadTimeoutError,
            ResponseParserError,
        ),
        errors.AnswerLost,
    ),
    theirs.SSLError: errors.ServiceUnreachable,
    theirs.ProxyConnectionError: errors.ProxyUnreachable,
}
"""botocore's own exceptions; a subclass is its nearest base. The calls that we make can't raise what is left out."""

ACCOUNT_REFUSED = "Account cannot be authenticated."
"""The contract's sentence (section 2) for every way in which that is so."""


def translate(error: Exception, *, renewable: bool) -> errors.JobError:
    """Return ours for ``error``: itself where it is ours already, `errors.JobError` where we know nothing of it.

    ``renewable``: the credentials renew themselves, so that expired ones are a passing fault.
    """
    if isinstance(error, errors.JobError):
        return error
    if isinstance(error, theirs.ClientError):
        return _answered(error, renewable=renewable)
    ours = class_for(type(error))
    if ours is errors.AuthenticationFailed:
        failed = ours(ACCOUNT_REFUSED)
        failed.detail = f"{type(error).__name__}: {error}"
        failed.transient = renewable  # they were there before: whoever hands them out will do so again
        return failed
    if ours in {errors.ProxyUnreachable, errors.ServiceUnreachable}:
        return connection_errors.connection_failed(error)
    if ours is errors.JobError:
        return ours(f"Unexpected: {type(error).__name__}; SFN_LOG_LEVEL=DEBUG logs the stack.")
    if ours is errors.AnswerLost and connection_errors.no_address(error):
        return errors.RequestRefused("An address can't be used: check AWS_ENDPOINT_URL, HTTPS_PROXY and HTTP_PROXY.")
    if ours is errors.AnswerLost and connection_errors.no_header(error):
        failed = errors.AuthenticationFailed(ACCOUNT_REFUSED)
        failed.detail = "The credentials hold a line break, or what else no HTTP header may hold."
        return failed
    if ours is errors.AnswerLost:
        return ours(f"AWS's answer was lost ({type(error).__name__}).")
    return ours(f"{error}.")


def class_for(theirs_: type[BaseException]) -> type[errors.JobError]:
    """Return our class for an exception class of botocore's, by its nearest mapped base."""
    return next((BY_CLASS[base] for base in theirs_.__mro__ if base in BY_CLASS), errors.JobError)


def _answered(error: theirs.ClientError, *, renewable: bool) -> errors.JobError:
    """Return ours for an HTTP answer that isn't a success."""
    told = error.response.get("Error", {})  # STS's parser makes none of a page that isn't XML
    code, message = told.get("Code", ""), told.get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    operation = error.operation_name
    ours = BY_CODE.get(code)
    if ours is None:
        return _answered_by_status(error, code, message, status)
    if issubclass(ours, errors.AuthenticationFailed) or code == "InvalidExecutionInput":
        # Such a message repeats the request's headers, token and all, or its input: neither may get into the log, into
        # which the stack goes at DEBUG, with the text of this error.
        message = "AWS doesn't take SFN_INPUT for a valid input."
        error.args = (f"{operation}: {code}",)
    if issubclass(ours, errors.AuthenticationFailed):
        failed = ours(ACCOUNT_REFUSED)
        failed.detail = f"{operation}: {code}"
        failed.transient = renewable and ours is errors.CredentialsExpired
        return failed
    if issubclass(ours, errors.AccessDenied):
        return ours(f"{operation} was denied: {message or code}")
    return ours(": ".join(filter(None, [operation, code, message])))


def _answered_by_status(error: theirs.ClientError, code: str, message: str, status: int) -> errors.JobError:
    operation = error.operation_name
    answered = f"{operation}: HTTP {status}{'' if code == str(status) else f' {code}'}."
    if status >= 500:
        return errors.AnswerLost(answered)
    if status == 429:
        return errors.Throttled(answered)
    if code in {"", str(status)} and "RequestId" in error.response.get("ResponseMetadata", {}):
        return errors.AnswerLost(f"{operation}: HTTP {status}, and the rest of AWS's answer was cut.")
    if code in {"", str(status)}:  # botocore's stand-in where the body names no code: no AWS service answers so
        return errors.NotAws(f"{operation} was answered with HTTP {status} by something that isn't AWS.")
    return errors.JobError(f"{operation}: {code}: {message}")
