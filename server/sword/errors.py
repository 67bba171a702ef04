"""What SWORD refuses, each with its IRI and status (SWORD 2.0 § 12).

Only faults of protocol are here; wrong content is held, not refused.
"""

from server.errors import Conflict, NotFound, Refused, SheafError, TooLarge, Unavailable

ERROR = "http://purl.org/net/sword/error/"
OWN = "info:sheaf/sword/error/"  # § 12: errors of our own stand in another namespace


class SwordError(SheafError):
    """A refusal a SWORD client gets as an error document."""

    status = 400
    iri = f"{ERROR}ErrorBadRequest"
    title = "The request cannot be understood"
    headers: dict[str, str] = {}  # noqa: RUF012 -- a class's own constant
    closes = False
    """Whether the connection ends with it: the body was not read to its end, and is not wanted."""


class BadRequest(SwordError):
    code = "bad-request"


class Undecodable(BadRequest):
    """RFC 9110 § 8.4: the body is not in the coding its header names, or not whole in it."""

    closes = True
    title = "The body cannot be decoded"


class ContentRefused(SwordError):
    """Held by default; refused where the operator chose `content_faults=refuse`."""

    code = "content"
    title = "The content of the deposit is wrong"


class ErrorContent(SwordError):
    status, iri, code = 415, f"{ERROR}ErrorContent", "packaging"
    title = "This packaging or type is not accepted"


class NotAcceptable(SwordError):
    status, iri, code = 406, f"{ERROR}ErrorContent", "not-acceptable"
    title = "The content cannot be given in this packaging"


class ChecksumMismatch(SwordError):
    status, iri, code = 412, f"{ERROR}ErrorChecksumMismatch", "checksum"
    title = "The checksum does not match what was received"


class MediationNotAllowed(SwordError):
    status, iri, code = 412, f"{ERROR}MediationNotAllowed", "mediation"
    title = "Deposits on behalf of others are not allowed"


class TargetOwnerUnknown(SwordError):
    status, iri, code = 403, f"{ERROR}TargetOwnerUnknown", "target-owner"
    title = "Nobody here has this name"


class MethodNotAllowed(SwordError):
    status, iri, code = 405, f"{ERROR}MethodNotAllowed", "method"
    title = "This method is not allowed here"


class MaxUploadSizeExceeded(SwordError):
    status, iri, code = 413, f"{ERROR}MaxUploadSizeExceeded", "too-large"
    title = "The deposit is too large"


class KeyReused(SwordError):
    """draft-ietf-httpapi-idempotency-key-header § 2.7: another request under a key that is known."""

    status, iri, code = 422, f"{OWN}IdempotencyKeyReused", "key-reused"
    title = "This key belongs to another request"


class Unauthorised(SwordError):
    closes = True
    status, iri, code = 401, f"{OWN}Unauthorised", "unauthorised"
    title = "Credentials are needed"
    headers = {"WWW-Authenticate": 'Basic realm="Sheaf SWORD", charset="UTF-8"'}  # noqa: RUF012 -- § 8: httplib2 sends credentials only after this


class InvalidToken(Unauthorised):
    headers = {"WWW-Authenticate": 'Bearer realm="Sheaf SWORD", error="invalid_token"'}  # noqa: RUF012 -- RFC 6750 § 3


class TooManyFailures(SwordError):
    """RFC 6585 § 4: whoever failed to log in too often waits; the right password would not help now."""

    closes = True
    status, iri, code = 429, f"{OWN}TooManyFailures", "wait"
    title = "Too many logins failed"

    def __init__(self, seconds: int, message: str, *, place: str, remedy: str) -> None:
        super().__init__(message, place=place, remedy=remedy)
        self.headers = {"Retry-After": str(seconds)}


class Gone(SwordError):
    status, iri, code = 404, f"{OWN}NotFound", "not-found"
    title = "There is nothing here"


class ChangedMeanwhile(SwordError):
    status, iri, code = 412, f"{OWN}PreconditionFailed", "changed"
    title = "The deposit was changed meanwhile"


class Broken(SwordError):
    status, iri, code = 500, f"{OWN}InternalError", "internal"
    title = "The server met an internal error"


class Away(SwordError):
    status, iri, code = 503, f"{OWN}Unavailable", "unavailable"
    title = "The server cannot take the deposit now"
    headers = {"Retry-After": "60"}  # noqa: RUF012 -- a class's own constant


class Forbidden(SwordError):
    status, iri, code = 403, f"{OWN}Forbidden", "forbidden"
    title = "This deposit belongs to somebody else"


class NotAllowed(Forbidden):
    closes = True
    title = "This account may not do this"


class BrokenOff(SwordError):
    """Nobody is there any more to read this; it goes to the monitor."""

    closes = True
    status, iri, code = 400, f"{OWN}BrokenOff", "broken-off"
    title = "The body broke off"


class TooSlow(BrokenOff):
    """RFC 9110 § 15.5.9: the connection is closed, as the rest is not waited for."""

    status, iri, code = 408, f"{OWN}TooSlow", "too-slow"
    title = "The body came too slowly"
    headers = {"Connection": "close"}  # noqa: RUF012 -- a class's own constant


#: Errors of ours in SWORD's words.
_DOORS: dict[type[SheafError], type[SwordError]] = {
    NotFound: Gone,
    Refused: Forbidden,
    TooLarge: MaxUploadSizeExceeded,
    Unavailable: Away,
    Conflict: ChangedMeanwhile,
}

_STATUSES: dict[int, type[SwordError]] = {
    404: Gone,
    405: MethodNotAllowed,
    412: ChangedMeanwhile,
    413: MaxUploadSizeExceeded,
    500: Broken,
    503: Away,
}


def spoken(error: SheafError) -> SwordError:
    """Say an error of ours in SWORD's words; one that is in them stays as it is."""
    if isinstance(error, SwordError):
        return error
    return _DOORS.get(type(error), BadRequest)(error.message, place=error.place, remedy=error.remedy)


def of_status(status: int) -> type[SwordError]:
    """Return what a status the web server itself answers is in SWORD's words."""
    return _STATUSES.get(status, BadRequest)
