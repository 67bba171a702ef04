"""What SWORD 3.0 refuses, each with its type and status (SWORD 3.0 § 14, the table of error types)."""

from server.sword import errors
from server.sword.errors import OWN, SwordError


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


#: The type and status of a refusal that SWORD 3.0 has a name for. Those of SWORD 3.0 alone are called by their class, and what
#: its table of error types knows nothing of goes by our own name.
_TYPES: tuple[tuple[type[SwordError], str, int], ...] = (
    (errors.InvalidToken, "AuthenticationFailed", 403),
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
    own = (failure.iri, failure.status) if failure.iri.startswith(OWN) else ("BadRequest", 400)
    return found or own
