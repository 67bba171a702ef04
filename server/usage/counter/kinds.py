"""What our types of works are to COUNTER: Data_Types, and what a work of one stands in. Tables."""

_BY_DATA_TYPE = {
    "Article": "postedContent.acceptedManuscript postedContent.preprint publication.bookReview publication.editorial "
    "publication.journalArticle",
    "Audiovisual": "creativeWork.film interactiveResource.webinar",
    "Book_Segment": "creativeWork.exhibitionCatalog publication.book publication.bookChapter publication.editedBook "
    "teaching.textbook",
    "Conference_Item": "conference.conferencePaper conference.conferencePoster conference.conferencePresentation "
    "conference.conferenceProgram conference.presentation publication.conferenceProceeding",
    "Dataset": "dataset.dataset",
    "Image": "conference.eventposter creativeWork.designAndArchitecture creativeWork.painting creativeWork.sculpture "
    "creativeWork.setDesign other.map",
    "Interactive_Resource": "creativeWork.newMedia interactiveResource.virtualRealityEnvironment interactiveResource.website "
    "teaching.activity teaching.coursemodule teaching.demonstration teaching.flashcards teaching.questionbank teaching.tutorial",
    "News_Item": "publication.magazineArticle publication.newsletterArticle publication.newspaperArticle",
    "Patent": "patent.patent",
    "Reference_Item": "publication.dictionaryEntry publication.encyclopediaEntry",
    "Report": "postedContent.workingPaper publication.report publication.technicalDocumentation",
    "Software": "software.code software.workflow",
    "Sound": "creativeWork.musicalComposition creativeWork.musicalPerformance interactiveResource.podcast",
    "Thesis_or_Dissertation": "etd.doctoral etd.graduate etd.undergraduate etdexternal.doctoral_external "
    "etdexternal.graduate_external etdexternal.undergraduate_external",
}

_OTHER = "Other"

_OF = {code: data_type for data_type, codes in _BY_DATA_TYPE.items() for code in codes.split()}

#: COUNTER's Data_Types of items (R5.1, 3.3.2). A whole book that is one file is a segment of that book.
ITEMS = (
    "Article", "Audiovisual", "Book_Segment", "Conference_Item", "Database_Full_Item", "Dataset", "Image",
    "Interactive_Resource", "Multimedia", "News_Item", "Other", "Patent", "Reference_Item", "Report", "Software", "Sound",
    "Standard", "Thesis_or_Dissertation", "Unspecified",
)  # fmt: skip

#: What an item of a Data_Type stands in.
PARENTS = {
    "Article": "Journal",
    "Book_Segment": "Book",
    "Conference_Item": "Conference",
    "News_Item": "Newspaper_or_Newsletter",
    "Reference_Item": "Reference_Work",
}


def data_type(code: str) -> str:
    """Return the Data_Type of one of our types."""
    return _OF.get(code, _OTHER)
