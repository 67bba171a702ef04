"""The eight errors of OAI-PMH 3.6, each with its code, and how they quote what was sent. They travel in HTTP 200."""


class OaiError(Exception):
    """One protocol error; `keeps_arguments` says whether `<request>` still echoes the arguments (OAI-PMH 3.2)."""

    code = ""
    keeps_arguments = True

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadVerb(OaiError):
    code = "badVerb"
    keeps_arguments = False


class BadArgument(OaiError):
    code = "badArgument"
    keeps_arguments = False


class BadResumptionToken(OaiError):
    code = "badResumptionToken"


class CannotDisseminateFormat(OaiError):
    code = "cannotDisseminateFormat"


class IdDoesNotExist(OaiError):
    code = "idDoesNotExist"


class NoRecordsMatch(OaiError):
    code = "noRecordsMatch"


class NoMetadataFormats(OaiError):
    code = "noMetadataFormats"


class NoSetHierarchy(OaiError):
    code = "noSetHierarchy"


class Refusal(Exception):
    """Everything that is wrong with one request, in the order found."""

    def __init__(self, *errors: OaiError) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


def quoted(text: str) -> str:
    """Return what somebody sent as a sentence quotes it; what cannot be seen is shown as a mark."""
    seen = (letter if letter.isprintable() else "\ufffd" for letter in text)
    return f"“{''.join(seen)}”"
