"""What types, access and versions are called where only ways out need it; the rest stands in records/vocabulary.py."""

from typing import NamedTuple

#: What stands before the end of the URI of a COAR concept (the `coar` of a Term). COAR's own identity is http.
COAR_ACCESS = "http://purl.org/coar/access_right/"
COAR_VERSION = "http://purl.org/coar/version/"
COAR_TYPE = "http://purl.org/coar/resource_type/"


class Names(NamedTuple):
    """The names of one type of work elsewhere.

    `irus` is the item type IRUS shows, `dini` a term of DINI's vocabulary of publication and document types, `oaire` the
    resourceTypeGeneral of OpenAIRE Literature 4.0 and `coar_4` the concept (the end of its URI) that its schema allows, which
    knows fewer of them than COAR Resource Types 3. `leader` are the positions 06 and 07 of a MARC leader.
    """

    irus: str
    dini: str
    oaire: str
    coar_4: str
    leader: str


#: What COAR Resource Types 3 calls the concepts our types have.
COAR_TERMS = {
    "542X-3S04": "design", "R60J-J5BD": "conference presentation", "c_0640": "journal", "c_0857": "letter",
    "c_1162": "annotation", "c_12cd": "map", "c_12ce": "video", "c_15cd": "patent", "c_1843": "other", "c_18cc": "sound",
    "c_18cd": "musical composition", "c_18cf": "text", "c_18cw": "musical notation", "c_2f33": "book", "c_3248": "book part",
    "c_393c": "workflow", "c_5794": "conference paper", "c_5ce6": "software", "c_6501": "journal article",
    "c_6670": "conference poster", "c_6947": "blog post", "c_71bd": "technical documentation", "c_7a1f": "bachelor thesis",
    "c_7ad9": "website", "c_8042": "working paper", "c_816b": "preprint", "c_8544": "lecture", "c_86bc": "bibliography",
    "c_93fc": "report", "c_998f": "newspaper article", "c_b239": "editorial", "c_ba08": "book review", "c_bdcc": "master thesis",
    "c_c94f": "conference output", "c_db06": "doctoral thesis", "c_ddb1": "dataset", "c_e059": "learning object",
    "c_e9a0": "interactive resource", "c_ecc8": "still image", "c_f744": "conference proceedings",
}  # fmt: skip

# fmt: off
#: Type of the record model → its names: IRUS, DINI, resourceTypeGeneral, COAR concept of OpenAIRE 4.0, MARC leader 06-07.
NAMES = {
    "conference.conferencePaper": Names("Conference Papers/Posters", "ConferencePaper", "literature", "c_5794", "aa"),
    "conference.conferencePoster": Names("Conference Papers/Posters", "ConferencePoster", "literature", "c_6670", "km"),
    "conference.conferencePresentation":
        Names("Conference or Workshop Item - Other", "ConferenceSlides", "literature", "c_c94f", "am"),
    "conference.conferenceProgram":
        Names("Conference or Workshop Item - Other", "ConferenceObject", "literature", "c_c94f", "am"),
    "conference.eventposter": Names("Conference or Workshop Item - Other", "ConferenceObject", "literature", "c_c94f", "km"),
    "conference.presentation": Names("Conference or Workshop Item - Other", "ConferenceSlides", "literature", "c_c94f", "am"),
    "creativeWork.choreography": Names("Performance", "Other", "other research product", "c_1843", "rm"),
    "creativeWork.dance": Names("Performance", "Other", "other research product", "c_1843", "gm"),
    "creativeWork.designAndArchitecture": Names("Art/Design Item", "Image", "other research product", "c_1843", "km"),
    "creativeWork.drama": Names("Text", "Other", "literature", "c_18cf", "am"),
    "creativeWork.essay": Names("Text", "Other", "literature", "c_18cf", "am"),
    "creativeWork.exhibitionCatalog": Names("Show/Exhibition", "Book", "literature", "c_2f33", "am"),
    "creativeWork.fiction": Names("Text", "Other", "literature", "c_18cf", "am"),
    "creativeWork.film": Names("Moving Image", "MovingImage", "other research product", "c_12ce", "gm"),
    "creativeWork.musicalComposition": Names("Music/Musical Composition", "Sound", "other research product", "c_18cd", "jm"),
    "creativeWork.musicalPerformance": Names("Performance", "Sound", "other research product", "c_18cc", "jm"),
    "creativeWork.musicalScore": Names("Music/Musical Composition", "MusicalNotation", "other research product", "c_18cw", "cm"),
    "creativeWork.newMedia": Names("Art/Design Item", "DynamicWebResource", "other research product", "c_e9a0", "mm"),
    "creativeWork.nonFiction": Names("Text", "Other", "literature", "c_18cf", "am"),
    "creativeWork.other": Names("Other", "Other", "other research product", "c_1843", "am"),
    "creativeWork.painting": Names("Art/Design Item", "StillImage", "other research product", "c_ecc8", "km"),
    "creativeWork.poetry": Names("Text", "Other", "literature", "c_18cf", "am"),
    "creativeWork.script": Names("Text", "Other", "literature", "c_18cf", "am"),
    "creativeWork.sculpture": Names("Art/Design Item", "Other", "other research product", "c_1843", "rm"),
    "creativeWork.setDesign": Names("Art/Design Item", "Image", "other research product", "c_1843", "km"),
    "creativeWork.theater": Names("Performance", "Other", "other research product", "c_1843", "gm"),
    "dataset.dataset": Names("Dataset", "ResearchData", "dataset", "c_ddb1", "mm"),
    "etd.doctoral": Names("Thesis or Dissertation", "DoctoralThesis", "literature", "c_db06", "am"),
    "etd.graduate": Names("Thesis or Dissertation", "MasterThesis", "literature", "c_bdcc", "am"),
    "etd.undergraduate": Names("Thesis or Dissertation", "BachelorThesis", "literature", "c_7a1f", "am"),
    "etdexternal.doctoral_external": Names("Thesis or Dissertation", "DoctoralThesis", "literature", "c_db06", "am"),
    "etdexternal.graduate_external": Names("Thesis or Dissertation", "MasterThesis", "literature", "c_bdcc", "am"),
    "etdexternal.undergraduate_external": Names("Thesis or Dissertation", "BachelorThesis", "literature", "c_7a1f", "am"),
    "interactiveResource.blog": Names("Website", "Website", "other research product", "c_1843", "am"),
    "interactiveResource.podcast": Names("Audio", "Sound", "other research product", "c_18cc", "im"),
    "interactiveResource.virtualRealityEnvironment":
        Names("Other", "DynamicWebResource", "other research product", "c_e9a0", "mm"),
    "interactiveResource.webinar": Names("Moving Image", "MovingImage", "other research product", "c_12ce", "gm"),
    "interactiveResource.website": Names("Website", "Website", "other research product", "c_7ad9", "mi"),
    "other.map": Names("Image", "CartographicMaterial", "other research product", "c_12cd", "em"),
    "other.model": Names("Other", "Other", "other research product", "c_1843", "mm"),
    "other.other": Names("Other", "Other", "other research product", "c_1843", "am"),
    "patent.patent": Names("Patent", "Patent", "literature", "c_15cd", "am"),
    "postedContent.acceptedManuscript": Names("Article", "Article", "literature", "c_6501", "ab"),
    "postedContent.preprint": Names("Preprint", "Preprint", "literature", "c_816b", "am"),
    "postedContent.workingPaper": Names("Working Paper", "WorkingPaper", "literature", "c_8042", "am"),
    "publication.abstract": Names("Abstract", "MeetingAbstract", "literature", "c_18cf", "aa"),
    "publication.annotation": Names("Other", "Annotation", "literature", "c_1162", "am"),
    "publication.bibliography": Names("Other", "Other", "literature", "c_86bc", "am"),
    "publication.book": Names("Book", "Book", "literature", "c_2f33", "am"),
    "publication.bookChapter": Names("Book Section", "BookPart", "literature", "c_3248", "aa"),
    "publication.bookReview": Names("Review", "Recension", "literature", "c_ba08", "ab"),
    "publication.conferenceProceeding": Names("Conference Proceedings", "ConferenceProceedings", "literature", "c_f744", "am"),
    "publication.dictionaryEntry": Names("Book Section", "BookPart", "literature", "c_3248", "aa"),
    "publication.editedBook": Names("Book", "EditedCollection", "literature", "c_2f33", "am"),
    "publication.editorial": Names("Article", "Editorial", "literature", "c_b239", "ab"),
    "publication.encyclopediaEntry": Names("Book Section", "BookPart", "literature", "c_3248", "aa"),
    "publication.journalArticle": Names("Article", "Article", "literature", "c_6501", "ab"),
    "publication.journalIssue": Names("Other", "PeriodicalPart", "literature", "c_0640", "as"),
    "publication.letter": Names("Other", "LetterToTheEditor", "literature", "c_0857", "am"),
    "publication.magazineArticle": Names("Article", "ContributionToPeriodical", "literature", "c_18cf", "ab"),
    "publication.newsletterArticle": Names("Article", "ContributionToPeriodical", "literature", "c_18cf", "ab"),
    "publication.newspaperArticle": Names("Article", "ContributionToPeriodical", "literature", "c_3e5a", "ab"),
    "publication.report": Names("Report", "Report", "literature", "c_93fc", "am"),
    "publication.technicalDocumentation": Names("Report", "Report", "literature", "c_71bd", "am"),
    "publication.translation": Names("Text", "Other", "literature", "c_18cf", "am"),
    "software.code": Names("Software", "Software", "software", "c_5ce6", "mm"),
    "software.workflow": Names("Other", "Software", "other research product", "c_393c", "mm"),
    "teaching.activity": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.assignment": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.casestudy": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.coursemodule": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.demonstration": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.flashcards": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.lecture": Names("Learning Object", "Lecture", "other research product", "c_8544", "am"),
    "teaching.manual": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.other": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.outline": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.questionbank": Names("Exam Paper", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.studyguide": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.syllabus": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.textbook": Names("Book", "Book", "literature", "c_2f33", "am"),
    "teaching.tutorial": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
    "teaching.workbook": Names("Learning Object", "CourseMaterial", "other research product", "c_1843", "am"),
}
# fmt: on
