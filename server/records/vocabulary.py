"""The controlled values, facts as tables.

12 categories and 83 types with what they are called elsewhere, access and version codes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """A type of work: our code (category.type), its English label, and its names in other vocabularies.

    `coar` is a concept of COAR Resource Types 3 (the end of its URI), `eurepo` the term after info:eu-repo/semantics/,
    `dcmi` a DCMI type, `datacite` a resourceTypeGeneral of kernel 4.7.
    """

    code: str
    label: str
    coar: str
    eurepo: str
    dcmi: str
    datacite: str

    @property
    def category(self) -> str:
        return self.code.partition(".")[0]

    @property
    def coar_uri(self) -> str:
        return f"http://purl.org/coar/resource_type/{self.coar}"


CATEGORIES = {
    "conference": "Conference/Event",
    "creativeWork": "Creative Work",
    "dataset": "Dataset",
    "etd": "ETD",
    "etdexternal": "External ETD",
    "interactiveResource": "Interactive Resource",
    "other": "Other",
    "patent": "Patent",
    "postedContent": "Posted Content",
    "publication": "Publication",
    "software": "Software",
    "teaching": "Teaching and Learning",
}

# fmt: off
_ROWS = (
    # code, label, COAR, info:eu-repo, DCMI, DataCite
    Type("conference.conferencePaper", "Conference paper", "c_5794", "conferenceObject", "Text", "ConferencePaper"),
    Type("conference.conferencePoster", "Conference poster", "c_6670", "conferenceObject", "StillImage", "Poster"),
    Type("conference.conferencePresentation", "Conference presentation", "R60J-J5BD", "conferenceObject", "Text", "Presentation"),
    Type("conference.conferenceProgram", "Conference programme", "c_c94f", "conferenceObject", "Text", "Text"),
    Type("conference.eventposter", "Event poster", "c_c94f", "conferenceObject", "StillImage", "Image"),
    Type("conference.presentation", "Presentation", "R60J-J5BD", "lecture", "Text", "Presentation"),
    Type("creativeWork.choreography", "Choreography", "c_1843", "other", "Event", "Other"),
    Type("creativeWork.dance", "Dance", "c_1843", "other", "Event", "Event"),
    Type("creativeWork.designAndArchitecture", "Design and architecture", "542X-3S04", "other", "StillImage", "Image"),
    Type("creativeWork.drama", "Drama", "c_18cf", "other", "Text", "Text"),
    Type("creativeWork.essay", "Essay", "c_18cf", "other", "Text", "Text"),
    Type("creativeWork.exhibitionCatalog", "Exhibition catalogue", "c_2f33", "other", "Text", "Book"),
    Type("creativeWork.fiction", "Fiction", "c_18cf", "other", "Text", "Text"),
    Type("creativeWork.film", "Film", "c_12ce", "other", "MovingImage", "Audiovisual"),
    Type("creativeWork.musicalComposition", "Musical composition", "c_18cd", "other", "Sound", "Sound"),
    Type("creativeWork.musicalPerformance", "Musical performance", "c_18cc", "other", "Sound", "Sound"),
    Type("creativeWork.musicalScore", "Musical score", "c_18cw", "other", "Text", "Text"),
    Type("creativeWork.newMedia", "New media work", "c_e9a0", "other", "InteractiveResource", "InteractiveResource"),
    Type("creativeWork.nonFiction", "Non-fiction", "c_18cf", "other", "Text", "Text"),
    Type("creativeWork.other", "Creative work", "c_1843", "other", "Collection", "Other"),
    Type("creativeWork.painting", "Painting", "c_ecc8", "other", "StillImage", "Image"),
    Type("creativeWork.poetry", "Poetry", "c_18cf", "other", "Text", "Text"),
    Type("creativeWork.script", "Script", "c_18cf", "other", "Text", "Text"),
    Type("creativeWork.sculpture", "Sculpture", "c_1843", "other", "PhysicalObject", "PhysicalObject"),
    Type("creativeWork.setDesign", "Set design", "542X-3S04", "other", "StillImage", "Image"),
    Type("creativeWork.theater", "Theatre", "c_1843", "other", "Event", "Event"),
    Type("dataset.dataset", "Dataset", "c_ddb1", "other", "Dataset", "Dataset"),
    Type("etd.doctoral", "Doctoral thesis", "c_db06", "doctoralThesis", "Text", "Dissertation"),
    Type("etd.graduate", "Master thesis", "c_bdcc", "masterThesis", "Text", "Dissertation"),
    Type("etd.undergraduate", "Bachelor thesis", "c_7a1f", "bachelorThesis", "Text", "Dissertation"),
    Type("etdexternal.doctoral_external", "Doctoral thesis", "c_db06", "doctoralThesis", "Text", "Dissertation"),
    Type("etdexternal.graduate_external", "Master thesis", "c_bdcc", "masterThesis", "Text", "Dissertation"),
    Type("etdexternal.undergraduate_external", "Bachelor thesis", "c_7a1f", "bachelorThesis", "Text", "Dissertation"),
    Type("interactiveResource.blog", "Blog post", "c_6947", "other", "Text", "Text"),
    Type("interactiveResource.podcast", "Podcast", "c_18cc", "other", "Sound", "Sound"),
    Type("interactiveResource.virtualRealityEnvironment", "Virtual reality environment", "c_e9a0", "other",
         "InteractiveResource", "InteractiveResource"),
    Type("interactiveResource.webinar", "Webinar", "c_12ce", "lecture", "MovingImage", "Audiovisual"),
    Type("interactiveResource.website", "Website", "c_7ad9", "other", "InteractiveResource", "InteractiveResource"),
    Type("other.map", "Map", "c_12cd", "other", "StillImage", "Image"),
    Type("other.model", "Model", "c_1843", "other", "Dataset", "Model"),
    Type("other.other", "Other", "c_1843", "other", "Text", "Other"),
    Type("patent.patent", "Patent", "c_15cd", "patent", "Text", "Text"),
    Type("postedContent.acceptedManuscript", "Accepted manuscript", "c_6501", "article", "Text", "JournalArticle"),
    Type("postedContent.preprint", "Preprint", "c_816b", "preprint", "Text", "Preprint"),
    Type("postedContent.workingPaper", "Working paper", "c_8042", "workingPaper", "Text", "Report"),
    Type("publication.abstract", "Abstract", "c_18cf", "other", "Text", "Text"),
    Type("publication.annotation", "Annotation", "c_1162", "annotation", "Text", "Text"),
    Type("publication.bibliography", "Bibliography", "c_86bc", "other", "Text", "Text"),
    Type("publication.book", "Book", "c_2f33", "book", "Text", "Book"),
    Type("publication.bookChapter", "Book chapter", "c_3248", "bookPart", "Text", "BookChapter"),
    Type("publication.bookReview", "Book review", "c_ba08", "review", "Text", "Text"),
    Type("publication.conferenceProceeding", "Conference proceedings", "c_f744", "conferenceObject",
         "Text", "ConferenceProceeding"),
    Type("publication.dictionaryEntry", "Dictionary entry", "c_3248", "bookPart", "Text", "BookChapter"),
    Type("publication.editedBook", "Edited book", "c_2f33", "book", "Text", "Book"),
    Type("publication.editorial", "Editorial", "c_b239", "contributionToPeriodical", "Text", "JournalArticle"),
    Type("publication.encyclopediaEntry", "Encyclopedia entry", "c_3248", "bookPart", "Text", "BookChapter"),
    Type("publication.journalArticle", "Journal article", "c_6501", "article", "Text", "JournalArticle"),
    Type("publication.journalIssue", "Journal issue", "c_0640", "other", "Text", "Journal"),
    Type("publication.letter", "Letter", "c_0857", "other", "Text", "Text"),
    Type("publication.magazineArticle", "Magazine article", "c_18cf", "contributionToPeriodical", "Text", "Text"),
    Type("publication.newsletterArticle", "Newsletter article", "c_18cf", "contributionToPeriodical", "Text", "Text"),
    Type("publication.newspaperArticle", "Newspaper article", "c_998f", "contributionToPeriodical", "Text", "Text"),
    Type("publication.report", "Report", "c_93fc", "report", "Text", "Report"),
    Type("publication.technicalDocumentation", "Technical documentation", "c_71bd", "report", "Text", "Report"),
    Type("publication.translation", "Translation", "c_18cf", "other", "Text", "Text"),
    Type("software.code", "Software", "c_5ce6", "other", "Software", "Software"),
    Type("software.workflow", "Workflow", "c_393c", "other", "Software", "Workflow"),
    Type("teaching.activity", "Activity", "c_e059", "other", "Text", "InteractiveResource"),
    Type("teaching.assignment", "Assignment", "c_e059", "other", "Text", "Text"),
    Type("teaching.casestudy", "Case study", "c_e059", "other", "Text", "Text"),
    Type("teaching.coursemodule", "Course module", "c_e059", "other", "Text", "InteractiveResource"),
    Type("teaching.demonstration", "Demonstration", "c_e059", "other", "Text", "InteractiveResource"),
    Type("teaching.flashcards", "Flashcards", "c_e059", "other", "Text", "InteractiveResource"),
    Type("teaching.lecture", "Lecture", "c_8544", "lecture", "Text", "Presentation"),
    Type("teaching.manual", "Manual", "c_e059", "other", "Text", "Text"),
    Type("teaching.other", "Teaching resource", "c_e059", "other", "Text", "Text"),
    Type("teaching.outline", "Outline", "c_e059", "other", "Text", "Text"),
    Type("teaching.questionbank", "Question bank", "c_e059", "other", "Text", "InteractiveResource"),
    Type("teaching.studyguide", "Study guide", "c_e059", "other", "Text", "Text"),
    Type("teaching.syllabus", "Syllabus", "c_e059", "other", "Text", "Text"),
    Type("teaching.textbook", "Textbook", "c_2f33", "book", "Text", "Book"),
    Type("teaching.tutorial", "Tutorial", "c_e059", "other", "Text", "InteractiveResource"),
    Type("teaching.workbook", "Workbook", "c_e059", "other", "Text", "Text"),
)
# fmt: on

TYPES = {row.code: row for row in _ROWS}


@dataclass(frozen=True, slots=True)
class Term:
    """A code of ours with its label, COAR concept (the end of its URI) and info:eu-repo term."""

    code: str
    label: str
    coar: str
    eurepo: str


ACCESS = {
    "open": Term("open", "open access", "c_abf2", "openAccess"),
    "embargoed": Term("embargoed", "embargoed access", "c_f1cf", "embargoedAccess"),
    "restricted": Term("restricted", "restricted access", "c_16ec", "restrictedAccess"),
    "metadata_only": Term("metadata_only", "metadata only access", "c_14cb", "closedAccess"),
}

VERSIONS = {
    "AO": Term("AO", "Author's original", "c_b1a7d7d4d402bcce", "draft"),
    "SMUR": Term("SMUR", "Submitted manuscript under review", "c_71e4c1898caa6e32", "submittedVersion"),
    "AM": Term("AM", "Accepted manuscript", "c_ab4af688f83e57aa", "acceptedVersion"),
    "P": Term("P", "Proof", "c_fa2ee174bc00049f", "acceptedVersion"),
    "VoR": Term("VoR", "Version of record", "c_970fb48d4fbd8a85", "publishedVersion"),
    "CVoR": Term("CVoR", "Corrected version of record", "c_e19f295774971610", "updatedVersion"),
    "EVoR": Term("EVoR", "Enhanced version of record", "c_dc82b40f9837b551", "updatedVersion"),
    "NA": Term("NA", "Not applicable", "c_be7fb7dd8ff6fe43", ""),
}

#: Words of other vocabularies that more than one type carries: which type is meant where nothing else is said.
_PREFERRED = (
    "publication.journalArticle",
    "publication.book",
    "publication.bookChapter",
    "publication.report",
    "dataset.dataset",
    "software.code",
    "software.workflow",
    "etd.doctoral",
    "etd.graduate",
    "etd.undergraduate",
    "conference.conferencePaper",
    "conference.conferencePoster",
    "conference.conferencePresentation",
    "publication.conferenceProceeding",
    "postedContent.preprint",
    "postedContent.workingPaper",
    "publication.bookReview",
    "publication.letter",
    "patent.patent",
    "other.map",
    "other.model",
    "interactiveResource.website",
    "teaching.lecture",
    "creativeWork.film",
    "creativeWork.painting",
    "creativeWork.musicalPerformance",
    "publication.translation",
    "other.other",
)

#: What depositors write that no vocabulary holds.
_SPOKEN = {
    "article": "publication.journalArticle",
    "research article": "publication.journalArticle",
    "journalarticle": "publication.journalArticle",
    "research-article": "publication.journalArticle",
    "book chapter": "publication.bookChapter",
    "book section": "publication.bookChapter",
    "chapter": "publication.bookChapter",
    "monograph": "publication.book",
    "thesis": "etd.doctoral",
    "dissertation": "etd.doctoral",
    "phd thesis": "etd.doctoral",
    "doctoral dissertation": "etd.doctoral",
    "masters thesis": "etd.graduate",
    "master's thesis": "etd.graduate",
    "text": "other.other",
    "image": "creativeWork.painting",
    "stillimage": "creativeWork.painting",
    "movingimage": "creativeWork.film",
    "video": "creativeWork.film",
    "sound": "creativeWork.musicalPerformance",
    "audiovisual": "creativeWork.film",
    "software": "software.code",
    "computer program": "software.code",
    "data": "dataset.dataset",
    "data paper": "publication.journalArticle",
    "map": "other.map",
    "conference paper": "conference.conferencePaper",
    "conference proceedings": "publication.conferenceProceeding",
    "technical report": "publication.report",
    "working paper": "postedContent.workingPaper",
    "lecture": "teaching.lecture",
    "collection": "other.other",
    "other": "other.other",
    "event": "other.other",
    "journal": "publication.journalIssue",
    "interactiveresource": "interactiveResource.website",
    "physicalobject": "other.model",
    "image, map": "other.map",
    # Crossref's types, as aggregators pass them on
    "proceedings article": "conference.conferencePaper",
    "proceedings": "publication.conferenceProceeding",
    "posted content": "postedContent.preprint",
    "reference entry": "publication.encyclopediaEntry",
    "reference book": "publication.book",
    "book part": "publication.bookChapter",
    "book series": "publication.book",
    "journal volume": "publication.journalIssue",
    # what a fresh DSpace offers
    "animation": "creativeWork.film",
    "image, 3 d": "other.model",
    "learning object": "teaching.other",
    "plan or blueprint": "other.other",
    "recording, acoustical": "creativeWork.musicalPerformance",
    "recording, musical": "creativeWork.musicalPerformance",
    "recording, oral": "creativeWork.musicalPerformance",
}

#: Narrower concepts of COAR Resource Types 3.1, each under the type that is next above it or comes nearest.
_NARROWER = {
    "dataset.dataset": "2h0m-x761 63ng-b465 a8f1-npv9 acf7-8yt9 am6w-6qaw cqmr-7k63 dd58-gfsx ff4c-28rk fxf3-d3g7 h41y-fw7b "
    "nhd0-w6sy w2xt-7017 c_cb28 ehvm-h119",
    "patent.patent": "9dkx-ksaf c53b-jcy5 gpq7-g5ve mw8g-3cr8 sb3y-w4eh z907-ymbb",
    "creativeWork.designAndArchitecture": "bw7t-ym2g jbnf-dyad",
    "software.code": "qh80-2r4e c_c950",
    "publication.report": "yz1n-zft9 c_186u c_18gh c_18op c_18ws c_18wz c_7877 c_ab20 c_18hj c_18wq c_18ww c_ba1f",
    "conference.conferencePoster": "c_18co",
    "conference.conferencePaper": "c_18cp",
    "publication.journalArticle": "c_2df8fbb1 c_7acd c_7bab c_beb9 c_dcae04bc c_3e5a",
    "publication.letter": "c_545b",
    "publication.journalIssue": "c_2659 c_2cd9 c_2fe3 qx5c-ar31",
    "publication.bookReview": "c_efa0 h9bq-739p",
    "publication.annotation": "d97f-vb57",
    "etd.doctoral": "c_46ec",
    "creativeWork.film": "c_8a7e",
    "creativeWork.painting": "c_c513",
    "other.map": "c_12cc",
}


def _index() -> dict[str, str]:
    """Map every word a type is known by, in lower case, to its code: preferred types first, the first claim wins."""
    index: dict[str, str] = {}
    order = [TYPES[code] for code in _PREFERRED] + [row for row in _ROWS if row.code not in _PREFERRED]
    for row in order:
        index.setdefault(row.code.lower(), row.code)
        index.setdefault(row.label.lower(), row.code)
        index.setdefault(row.code.partition(".")[2].lower(), row.code)
    index.update({word: code for word, code in _SPOKEN.items() if word not in index})
    for row in order:
        if row.coar not in {"c_1843", "c_18cf"}:  # "other" and "text" say nothing of a type
            index.setdefault(row.coar.lower(), row.code)
    index.update({concept: code for code, concepts in _NARROWER.items() for concept in concepts.split() if concept not in index})
    for row in order:
        if row.eurepo != "other":
            index.setdefault(row.eurepo.lower(), row.code)
    for row in order:
        index.setdefault(row.datacite.lower(), row.code)
    return index


_INDEX = _index()


def find_type(word: str) -> str | None:
    """Return the code of the type a word means, or None.

    Takes our codes and labels, COAR URIs (http or https), info:eu-repo terms, DataCite and DCMI types and some everyday words.
    """
    key = " ".join(word.split()).lower()
    for prefix in ("http://purl.org/coar/resource_type/", "https://purl.org/coar/resource_type/", "info:eu-repo/semantics/",
                   "http://purl.org/dc/dcmitype/", "http://purl.org/eprint/type/"):  # fmt: skip
        key = key.removeprefix(prefix)
    return _INDEX.get(key) or _INDEX.get(key.replace("_", " ").replace("-", " "))


def find_term(terms: dict[str, Term], word: str) -> str | None:
    """Return the code of an access or version term by its code, label, COAR URI or info:eu-repo term, or None."""
    key = " ".join(word.split()).lower()
    tail = key.rsplit("/", 1)[-1]
    for term in terms.values():
        if key in {term.code.lower(), term.label.lower()} or (tail and tail in {term.coar.lower(), term.eurepo.lower()}):
            return term.code
    return None
