"""The exceptions of the COUNTER API by code: the status of HTTP each goes with, and its fixed sentence. A table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One exception of the Code of Practice, appendix D."""

    code: int
    status: int
    message: str


NOT_AVAILABLE = Kind(1000, 503, "Service Not Available")
BUSY = Kind(1010, 503, "Service Busy")
TOO_MANY = Kind(1020, 429, "Client has made too many requests")
INSUFFICIENT = Kind(1030, 400, "Insufficient Information to Process Request")
NOT_AUTHORISED = Kind(2000, 401, "Requestor Not Authorized to Access Service")
NOT_FOR_INSTITUTION = Kind(2010, 403, "Requestor is Not Authorized to Access Usage for Institution")
KEY_INVALID = Kind(2020, 401, "APIKey Invalid")
DATES = Kind(3020, 400, "Invalid Date Arguments")
NO_USAGE = Kind(3030, 200, "No Usage Available for Requested Dates")
NOT_READY = Kind(3031, 200, "Usage Not Ready for Requested Dates")
PARAMETER = Kind(3050, 200, "Parameter Not Recognized in this Context")
FILTER = Kind(3060, 200, "Invalid ReportFilter Value")
ATTRIBUTE = Kind(3062, 200, "Invalid ReportAttribute Value")
COMPONENTS = Kind(3063, 200, "Components Not Supported")


@dataclass(frozen=True, slots=True)
class Problem:
    """An exception as it is told, with what it is about."""

    kind: Kind
    data: str = ""

    @property
    def document(self) -> dict[str, object]:
        said: dict[str, object] = {"Code": self.kind.code, "Message": self.kind.message}
        return said | ({"Data": self.data} if self.data else {})


class RefusedReport(Exception):
    """The request cannot be answered; of several reasons the one with the lowest code is told."""

    def __init__(self, *problems: Problem) -> None:
        self.problem = min(problems, key=lambda problem: problem.kind.code)
        super().__init__(self.problem.kind.message)
