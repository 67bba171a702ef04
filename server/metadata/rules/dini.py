"""What the DINI certificate asks of a repository's Dublin Core: its own words for types, versions and classes, and their sets."""

import re
from collections.abc import Iterator

from lxml import etree

from server.metadata.harvested import ADVISED, NEEDED, Harvested, described, place_of, read
from server.metadata.ruling import Facts, Fault, Rules, Weight

#: The joint vocabulary of publication and document types, version 2.0 (2022).
TYPES = frozenset(
    {
        "Annotation", "Article", "BachelorThesis", "Book", "BookPart", "CartographicMaterial", "ConferenceObject",
        "ConferencePaper", "ConferencePoster", "ConferenceProceedings", "ConferenceSlides", "ContributionToPeriodical",
        "Corrigendum", "CourseMaterial", "DataPaper", "DoctoralThesis", "DynamicWebResource", "EditedCollection", "Editorial",
        "Habilitation", "Image", "Lecture", "LetterToTheEditor", "Manuscript", "MasterThesis", "MeetingAbstract", "Monograph",
        "MovingImage", "MusicalNotation", "Other", "PartOfADynamicWebResource", "Patent", "Periodical", "PeriodicalPart",
        "PhDThesis", "Preprint", "Recension", "Report", "ResearchArticle", "ResearchData", "ReviewArticle", "Software",
        "SoftwarePaper", "Sound", "SourceEdition", "StillImage", "StudyThesis", "Website", "WorkingPaper",
    }
)  # fmt: skip
DCMI = frozenset(
    {
        "Collection", "Dataset", "Event", "Image", "InteractiveResource", "MovingImage", "PhysicalObject", "Service", "Software",
        "Sound", "StillImage", "Text",
    }
)  # fmt: skip
VERSIONS = frozenset({"draft", "submittedVersion", "acceptedVersion", "publishedVersion", "updatedVersion"})
_CLASS = re.compile(r"ddc:\d{3}", re.ASCII)


def check(record: etree._Element, facts: Facts) -> Iterator[Fault]:  # noqa: ARG001 - the record says all that is asked for
    """Yield what the validator of the certificate would find wrong."""
    found = read(record)
    yield from described(found, (*NEEDED, *ADVISED))
    yield from _types(found)
    yield from _classes(found)


def _types(found: Harvested) -> Iterator[Fault]:
    kinds = found.starting("type", "doc-type:")
    if found.all("type") and not kinds:
        yield Fault("doc-type", place_of("type"), "No dc:type begins with doc-type:. Add the term of the joint vocabulary.")
    for kind in kinds:
        if kind.text.removeprefix("doc-type:") not in TYPES:
            yield Fault("doc-type", kind.place, f"{kind.text} is not in the joint vocabulary. Choose one of its terms.")
        elif kind.text not in found.sets:
            message = f"The record is not in the set {kind.text}. Offer the sets by type of document."
            yield Fault("sets", "header/setSpec", message, Weight.ADVICE)
    for kind in kinds[1:]:
        yield Fault("doc-type", kind.place, "There is a second doc-type. Keep one.")
    if found.all("type") and not any(value.text in DCMI for value in found.all("type")):
        yield Fault("dcmi-type", place_of("type"), "No dc:type is one of the types of the DCMI. Add one.", Weight.ADVICE)
    states = found.starting("type", "status-type:")
    for state in states:
        if state.text.removeprefix("status-type:") not in VERSIONS:
            yield Fault("status-type", state.place, f"{state.text} is none of the five versions. Choose one of them.")
    for state in states[1:]:
        yield Fault("status-type", state.place, "There is a second status-type. Keep one.")


def _classes(found: Harvested) -> Iterator[Fault]:
    classes = found.starting("subject", "ddc:")
    if not classes:
        message = "No dc:subject is a class, ddc: and three digits. Classify the work."
        yield Fault("ddc", place_of("subject"), message, Weight.ADVICE)
    for value in classes:
        if not _CLASS.fullmatch(value.text):
            yield Fault("ddc", value.place, f"{value.text} is not ddc: and three digits. Write the class in that form.")
        elif value.text not in found.sets:
            yield Fault(
                "sets", "header/setSpec", f"The record is not in the set {value.text}. Offer the sets by class.", Weight.ADVICE
            )


PLUGIN = Rules(
    name="dini",
    title="DINI certificate",
    source="DINI-Zertifikat für Open-Access-Publikationsdienste 2022, annex on the OAI interface",
    formats=frozenset({"oai_dc_dini"}),
    check=check,
)
