"""Which of our types is which record type at Crossref, and which types Crossref takes from no repository."""

from dataclasses import dataclass

from server.records.vocabulary import TYPES


@dataclass(frozen=True, slots=True)
class RecordType:
    """A record type of the deposit schema, and the value of the attribute that says more of it."""

    name: str
    kind: str = ""


#: Articles and conference papers are registered by the journal and the proceedings they stand in.
BARRED = frozenset({"publication.journalArticle", *(code for code in TYPES if code.startswith("conference."))})

_POSTED = RecordType("posted_content", "other")

# fmt: off
#: Record type of Crossref 5.4.0 with its kind ← our types. Posted content is what stands in a repository and was published
#: nowhere else; Crossref has no record type for works of art, software, teaching or websites, and takes them as such.
_ROWS = (
    (RecordType("dataset", "record"), "dataset.dataset"),
    (RecordType("dissertation"), ("etd.doctoral etd.graduate etd.undergraduate etdexternal.doctoral_external "
      "etdexternal.graduate_external etdexternal.undergraduate_external")),
    (RecordType("report"), "publication.report publication.technicalDocumentation"),
    (RecordType("book", "monograph"), "publication.book teaching.textbook"),
    (RecordType("book", "edited_book"), "publication.editedBook publication.conferenceProceeding"),
    (RecordType("book", "other"), "creativeWork.exhibitionCatalog"),
    (RecordType("chapter", "chapter"), "publication.bookChapter"),
    (RecordType("chapter", "reference_entry"), "publication.dictionaryEntry publication.encyclopediaEntry"),
    (RecordType("posted_content", "preprint"), "postedContent.preprint"),
    (RecordType("posted_content", "working_paper"), "postedContent.workingPaper"),
    (RecordType("posted_content", "letter"), "publication.letter"),
    (RecordType("posted_content", "review"), "publication.bookReview"),
    (_POSTED, "postedContent.acceptedManuscript"),
    (_POSTED, ("publication.abstract publication.annotation publication.bibliography publication.editorial "
      "publication.journalIssue publication.magazineArticle publication.newsletterArticle publication.newspaperArticle "
      "publication.translation")),
    (_POSTED, ("creativeWork.choreography creativeWork.dance creativeWork.designAndArchitecture creativeWork.drama "
      "creativeWork.essay creativeWork.fiction creativeWork.film creativeWork.musicalComposition creativeWork.musicalPerformance "
      "creativeWork.musicalScore creativeWork.newMedia creativeWork.nonFiction creativeWork.other creativeWork.painting "
      "creativeWork.poetry creativeWork.script creativeWork.sculpture creativeWork.setDesign creativeWork.theater")),
    (_POSTED, ("interactiveResource.blog interactiveResource.podcast interactiveResource.virtualRealityEnvironment "
      "interactiveResource.webinar interactiveResource.website")),
    (_POSTED, "other.map other.model other.other patent.patent software.code software.workflow"),
    (_POSTED, ("teaching.activity teaching.assignment teaching.casestudy teaching.coursemodule teaching.demonstration "
      "teaching.flashcards teaching.lecture teaching.manual teaching.other teaching.outline teaching.questionbank "
      "teaching.studyguide teaching.syllabus teaching.tutorial teaching.workbook")),
)
# fmt: on

RECORD_TYPES = {code: record_type for record_type, codes in _ROWS for code in codes.split()}

#: Kinds of posted content that 5.5.0 has no more, and what they are there.
KINDS_OF_5_5 = {"working_paper": "other"}

#: What two types become where the record says enough for it (see view.py): a review that names what it reviews, a document that
#: carries the designation of a standard.
PEER_REVIEW = RecordType("peer_review", "post-publication")
STANDARD = RecordType("standard")
