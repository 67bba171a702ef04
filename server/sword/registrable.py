"""Whether the agency that would register a work's DOI would take it as it is: said of the deposit, which is taken all the same."""

from server.identifiers.preflight.finding import Weight
from server.identifiers.preflight.responsible import Responsible
from server.metadata.reading import Remark
from server.metadata.work import Work

#: What a fault means for the registration → the class of the remark.
_CODES = {
    Weight.REFUSED: ("agency-refuses", "{} would refuse it: {}."),
    Weight.ADVISED: ("agency-told-otherwise", "{}: {}."),
}


def foreseen(work: Work, agencies: Responsible) -> tuple[Remark, ...]:
    """Return a remark on each thing the agency responsible minds of a whole work, with its field as the place."""
    agency, findings = agencies.minds(work)
    if agency is None:
        return ()
    return tuple(_remark(agency.title, finding.words, finding.weight, finding.path, finding.field) for finding in findings)


def _remark(agency: str, words: str, weight: Weight, path: str, field: str) -> Remark:
    code, sentence = _CODES[weight]
    return Remark(sentence.format(agency, words), code=code, place=path, value=field)
