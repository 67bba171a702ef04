"""What SWORD 3.0 refuses, each with its type and status (SWORD 3.0 § 14, the table of error types)."""

from server.sword import errors
from server.sword.errors import SwordError

OWN = "info:sheaf/sword/error/"
"""What the table has no type for has one of ours."""


class ByReferenceFileSizeExceeded(SwordError):
    code = "by-reference-too-large"
    title = "A file sent by reference is announced as too large"


class ByReferenceNotAllowed(SwordError):
    status, code = 412, "by-reference-refused"
    title = "This file cannot be sent by reference"


class ContentMalformed(SwordError):
    code = "content-malformed"
    title = "The body cannot be read"


class ContentTypeNotAcceptable(SwordError):
    status, code = 415, "content-type"
    title = "This content type is not accepted here"


class DigestMismatch(SwordError):
    status, code = 412, "digest"
    title = "The digest does not match what was received"


class FormatHeaderMismatch(SwordError):
    status, code = 415, "format-header"
    title = "The metadata are not in the format the header names"


class InvalidSegmentSize(SwordError):
    code = "segment-size"
    title = "A segment has the wrong size"


class MaxAssembledSizeExceeded(SwordError):
    code = "segments-too-large"
    title = "The file would be too large"


class MetadataFormatNotAcceptable(SwordError):
    status, code = 415, "metadata-format"
    title = "This metadata format is not accepted"


class SegmentLimitExceeded(SwordError):
    code = "segments-too-many"
    title = "The file has too many segments"


class SegmentedUploadTimedOut(SwordError):
    status, code = 410, "segments-timed-out"
    title = "The upload was left for too long"


class UnexpectedSegment(SwordError):
    code = "segment-unexpected"
    title = "This segment is not expected"


#: The type and status of a refusal, from the particular to the general; those of SWORD 3.0 alone are called by their type.
_TYPES: tuple[tuple[type[SwordError], str, int], ...] = (
    (errors.InvalidToken, "AuthenticationFailed", 403),
    (errors.TooManyFailures, f"{OWN}TooManyFailures", 429),
    (errors.Unauthorised, "AuthenticationRequired", 401),
    (errors.Forbidden, "Forbidden", 403),
    (errors.MediationNotAllowed, "OnBehalfOfNotAllowed", 412),
    (errors.TargetOwnerUnknown, "OnBehalfOfNotAllowed", 412),
    (errors.MethodNotAllowed, "MethodNotAllowed", 405),
    (errors.MaxUploadSizeExceeded, "MaxUploadSizeExceeded", 413),
    (errors.ErrorContent, "PackagingFormatNotAcceptable", 415),
    (errors.ChecksumMismatch, "DigestMismatch", 412),
    (errors.ChangedMeanwhile, "ETagNotMatched", 412),
    (errors.ContentRefused, "ContentMalformed", 400),
    (errors.Gone, f"{OWN}NotFound", 404),
    (errors.Broken, f"{OWN}InternalError", 500),
    (errors.Away, f"{OWN}Unavailable", 503),
    (errors.KeyReused, f"{OWN}KeyReused", 422),
    (errors.TooSlow, f"{OWN}TooSlow", 408),
)


def typed(failure: SwordError, *, tried: bool = False) -> tuple[str, int]:
    """Return a refusal's type and status; `tried` says that credentials were sent.

    Wrong credentials are 403 here and 401 in SWORD 2.0.
    """
    if tried and type(failure) is errors.Unauthorised:
        return "AuthenticationFailed", 403
    if type(failure).__module__ == __name__:
        return type(failure).__name__, failure.status
    found = next(((name, status) for kind, name, status in _TYPES if isinstance(failure, kind)), None)
    return found or ("BadRequest", 400)
