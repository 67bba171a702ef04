"""Whether the agency that would register a work's DOI would take it as it is. It is said; the deposit is taken all the same."""

from collections.abc import Callable
from datetime import datetime

from server.identifiers.preflight.finding import Weight
from server.identifiers.preflight.responsible import Responsible
from server.metadata.fragments import Renderer
from server.metadata.reading import Remark
from server.records.model import Record

#: What a fault means for the registration → the class of the remark.
_CODES = {Weight.REFUSED: "agency-refuses", Weight.ADVISED: "agency-told-otherwise"}
_SENTENCES = {Weight.REFUSED: "{} would refuse it: {}: {}.", Weight.ADVISED: "{} would be told otherwise: {}: {}."}


def foreseen(
    renderer: Renderer, record: Record, received: datetime, agencies: Responsible, called: Callable[[str], str]
) -> tuple[Remark, ...]:
    """Return a remark on each thing the agency responsible minds of a whole work, with its field as the place.

    `called` says what a field is called where people read of it.
    """
    agency, findings = agencies.minds(renderer.work("", record, deposited=received.date().isoformat()))
    title = agency.title if agency is not None else ""
    return tuple(
        Remark(
            _SENTENCES[each.weight].format(title, called(each.path), each.words),
            code=_CODES[each.weight],
            place=each.path,
            value=each.field,
        )
        for each in findings
    )
