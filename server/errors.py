"""What can go wrong, in our own words: six errors, none of which knows HTTP or a protocol.

Anything else that is raised is a bug. Each protocol has one door that turns these into its own words.
"""


class SheafError(Exception):
    """A refusal that a human can act on.

    `message` is a sentence; `place` says where in the input (XPath, line, header, file name); `remedy` says what to
    do about it; `code` is a short stable word for lists and filters; `value` is what was found there, where that makes a group.
    """

    code = "error"

    def __init__(self, message: str, *, place: str = "", remedy: str = "", code: str = "", value: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy
        self.value = value
        if code:
            self.code = code


class NotFound(SheafError):
    """What was asked for is not here, or not any more."""

    code = "not-found"


class Invalid(SheafError):
    """The input cannot be understood or breaks a rule of its format."""

    code = "invalid"


class Conflict(SheafError):
    """The request contradicts what is already there."""

    code = "conflict"


class Refused(SheafError):
    """The one who asks may not do this."""

    code = "refused"


class TooLarge(SheafError):
    """The input is over a limit; the message names both figures."""

    code = "too-large"


class Unavailable(SheafError):
    """Something we depend on does not answer now; the same request may succeed later."""

    code = "unavailable"
