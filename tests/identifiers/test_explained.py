"""An agency's refusal in terms of the record's fields."""

import pytest

from server.identifiers.preflight.explained import explained


@pytest.mark.parametrize(
    ("agency", "message", "path", "words", "remedy"),
    [
        (
            "datacite",
            "DataCite answered 422: publisher: DOI 10.82433/x: This element is not expected. Expected is ( y ) at line 9, column 0.",
            "publisher.name", "This element is not expected. Expected is ( y ) at line 9, column 0", "Correct this field",
        ),
        ("datacite", "DataCite answered 422: url: URL is not allowed by repository INST.REPO domain settings.", "", "URL is not", "domain"),
        ("datacite", "DataCite answered 422: publication_year: is bad.", "dates.issued", "is bad", "Correct"),
        ("crossref", "Crossref refused it: Record not processed because ORCID has an invalid checksum.", "creators", "Record not", "Correct"),
        ("crossref", "Crossref refused it: [error] :303:33:Invalid content was found starting with element 'surname'.", "creators", "[error]", ""),
    ],
)  # fmt: skip
def test_the_words_of_a_refusal_lead_to_a_field(agency: str, message: str, path: str, words: str, remedy: str) -> None:
    (reason,) = explained(agency, message)
    assert (reason.path, reason.words.startswith(words), remedy in reason.remedy) == (path, True, True)


def test_every_reason_is_one() -> None:
    message = "DataCite answered 422: creators: DOI 10.1234/a: Missing child; and so on; titles: DOI 10.1234/a: Too long."
    assert [(each.path, each.words) for each in explained("datacite", message)] == [
        ("creators", "Missing child; and so on"),
        ("title", "Too long"),
    ]


@pytest.mark.parametrize(
    ("agency", "message"),
    [
        ("datacite", "DataCite answered 503: no reason given."),
        ("crossref", "Crossref would refuse it: title: is empty"),
        ("crossref", "Crossref refused it: no reason given."),
        ("nobody", "422: titles: x"),
        ("datacite", ""),
    ],
)
def test_what_names_nothing_explains_nothing(agency: str, message: str) -> None:
    assert explained(agency, message) == ()
