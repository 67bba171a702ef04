"""What rights statements mean."""

import pytest
from lxml import etree

from server.metadata.draft import Draft
from server.metadata.rights import embargo_end, spdx_of, take_rights
from server.records.model import Licence, Text


@pytest.mark.parametrize(
    ("written", "spdx"),
    [
        ("https://creativecommons.org/licenses/by-nc-nd/4.0/", "CC-BY-NC-ND-4.0"), ("http://creativecommons.org/licenses/by/3.0/de/", "CC-BY-3.0-DE"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"), ("CC BY-SA 4.0", "CC-BY-SA-4.0"), ("CC0 1.0", "CC0-1.0"), ("CC BY", ""),
        ("All rights reserved", ""),
    ],
)  # fmt: skip
def test_creative_commons_licences_have_an_spdx_name(written: str, spdx: str):
    assert spdx_of(written)[0] == spdx


def test_the_end_of_an_embargo_is_read():
    assert embargo_end("info:eu-repo/date/embargoEnd/2027-03-14") == "2027-03-14"
    assert embargo_end("Embargo: starts 2026-01-01, ends 2027-01-01, duration 12 months.") == "2027-01-01"
    assert not embargo_end("info:eu-repo/date/embargoEnd/never")


def test_each_statement_goes_where_it_belongs():
    element = etree.Element("rights")
    draft = Draft(element)
    take_rights(draft, element, "restricted access", "http://purl.org/coar/access_right/c_16ec")
    take_rights(draft, element, "CC BY 4.0")
    take_rights(draft, element, "", "https://creativecommons.org/licenses/by/4.0/")
    take_rights(draft, element, "http://rightsstatements.org/vocab/InC/1.0/")
    take_rights(draft, element, "Not to be lent.")
    assert draft.access == "restricted"
    assert list(draft.licences.values()) == [
        Licence(name="CC BY 4.0", uri="https://creativecommons.org/licenses/by/4.0/", spdx="CC-BY-4.0")
    ]
    assert draft.rights == ["http://rightsstatements.org/vocab/InC/1.0/", "Not to be lent."]


@pytest.mark.parametrize("words", [("open access", "restricted access"), ("restricted access", "open access")])
def test_of_several_access_levels_the_strictest_holds(words: tuple[str, str]) -> None:
    element = etree.Element("rights")
    draft = Draft(element)
    for word in words:
        take_rights(draft, element, word)
    assert draft.access == "restricted"


@pytest.mark.parametrize("words", ["Closed access to all but monks", "Under embargo for now", "private, sorry"])
def test_words_that_close_a_work_in_no_known_form_close_it(words: str) -> None:
    element = etree.Element("rights")
    draft = Draft(element)
    take_rights(draft, element, words)
    assert draft.access == "restricted"
    assert [warning.code for warning in draft.warnings] == ["access-unknown"]


def test_an_embargo_closes_what_is_said_to_be_open_and_the_last_day_counts() -> None:
    element = etree.Element("rights")
    draft = Draft(element, title=Text(value="Peas"))
    for word in ("open access", "info:eu-repo/date/embargoEnd/2020-01-01", "info:eu-repo/date/embargoEnd/2030-01-01"):
        take_rights(draft, element, word)
    record = draft.reading().record
    assert (record.access, record.dates.embargo_until) == ("embargoed", "2030-01-01")
