"""A record in the making: what is left over is named, and what the record's rules refuse becomes an Invalid."""

import pytest
from lxml import etree

from server.errors import Invalid
from server.metadata.draft import Draft
from server.records.model import Identifier, Subject, Text

ROOT = etree.fromstring("<work>\n<title>Emma</title><year>1815</year></work>")


@pytest.fixture
def draft() -> Draft:
    return Draft(ROOT, title=Text(value="Emma"), types=[(ROOT, "book")])


def test_a_value_the_record_refuses_becomes_an_invalid_with_its_place(draft: Draft):
    draft.dates["issued"] = "in spring"
    with pytest.raises(Invalid, match=r"dates\.issued must be") as caught:
        draft.reading()
    assert caught.value.place.startswith("/work (line 1)")
    assert caught.value.remedy


def test_an_empty_value_where_the_record_wants_one_becomes_an_invalid(draft: Draft):
    draft.subjects.append(Subject(value=""))
    with pytest.raises(Invalid) as caught:
        draft.reading()
    assert caught.value.code == "record"
    assert "subjects" in caught.value.place


def test_a_second_value_for_one_field_is_left_over(draft: Draft):
    draft.put(draft.publisher, "name", "John Murray", ROOT[0])
    draft.put(draft.publisher, "name", "John Murray", ROOT[0])
    draft.put(draft.publisher, "name", "Egerton", ROOT[0])
    assert draft.reading().record.publisher.name == "John Murray"
    assert draft.unmapped == ["/work/title (line 2): Egerton"]


def test_what_comes_twice_is_kept_once(draft: Draft):
    draft.add_identifier(ROOT, "https://doi.org/10.5555/emma")
    draft.add_identifier(ROOT, "doi:10.5555/emma")
    assert draft.reading().record.identifiers == (Identifier(scheme="doi", value="10.5555/emma"),)


def test_plain_issns_fill_the_places_left(draft: Draft):
    for scheme, value in (("issn", "2049-3630"), ("issn", "0003-3804"), ("issn_online", "2049-3630")):
        draft.add_issn(ROOT, (scheme, value))
    container = draft.reading().record.container
    assert (container.issn_print, container.issn_online) == ("0003-3804", "2049-3630")


def test_a_long_value_is_shown_short_and_an_empty_element_not_at_all(draft: Draft):
    draft.leave(ROOT, "x" * 200)
    draft.leave(etree.Element("empty"))
    assert draft.unmapped == [f"/work (line 1): {'x' * 79}…"]


def test_an_embargo_without_an_access_level_means_embargoed(draft: Draft):
    draft.dates["embargo_until"] = "2027-01-01"
    assert draft.reading().record.access == "embargoed"
