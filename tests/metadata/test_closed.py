"""Whoever says, in whatever format, that a work or a file is closed is heard: nothing is open that must not be."""

import pytest
from lxml import etree

from server.metadata.draft import Draft
from server.metadata.reading import Reading, read_with, readers
from server.metadata.rights import take_access, take_rights
from server.records.embargo import closed_as, latest, strictest
from server.records.merge import merged
from server.records.model import Dates, Record, Text
from server.xml import parse

READERS = readers()
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
DIM = '<dim:field mdschema="{}" element="{}" qualifier="{}">{}</dim:field>'
DOCUMENT = "<documents>{}</documents>"
SECRET = "<document><security>staffonly</security></document>"

#: A document of each format, with room for a statement.
FORMATS = {
    "atom": f'<entry xmlns="http://www.w3.org/2005/Atom" {DC}><title>T</title>{{}}</entry>',
    "rioxx": '<rioxx xmlns="http://www.rioxx.net/schema/v2.0/rioxx/" xmlns:ali="http://ali.niso.org/2014/ali/1.0"'
    f" {DC}><dc:title>T</dc:title>{{}}</rioxx>",
    "dim": '<dim:dim xmlns:dim="http://www.dspace.org/xmlns/dspace/dim">' + DIM.format("dc", "title", "", "T") + "{}</dim:dim>",
    "eprints": '<eprints xmlns="http://eprints.org/ep2/data/2.0"><eprint><title>T</title><type>article</type>{}</eprint></eprints>',
    "ddm": f'<ddm:DDM xmlns:ddm="http://schemas.dans.knaw.nl/dataset/ddm-v2/" {DC}><ddm:profile><dc:title>T</dc:title>{{}}'
    "</ddm:profile></ddm:DDM>",
    "opus": '<import><opusDocument language="eng" type="article"><titlesMain><titleMain language="eng">T</titleMain></titlesMain>{}'
    "</opusDocument></import>",
    "mods": '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>T</title></titleInfo>{}</mods>',
    "etdms": '<thesis xmlns="http://www.ndltd.org/standards/metadata/etdms/1.1/"><title>T</title>{}</thesis>',
    "datacite": '<resource xmlns="http://datacite.org/schema/kernel-4"><titles><title>T</title></titles>{}</resource>',
    "hyrax": "<metadata><title>T</title><keyword>k</keyword>{}</metadata>",
    "marcxml": '<record xmlns="http://www.loc.gov/MARC21/slim"><datafield tag="245" ind1="0" ind2="0"><subfield code="a">T</subfield>'
    "</datafield>{}</record>",
}  # fmt: skip

#: Format, statement, access, last day of the embargo, whether it is not understood.
STATEMENTS = [
    ("rioxx", '<ali:free_to_read/><ali:free_to_read start_date="2930-01-01"/>', "embargoed", "2930-01-01", False),
    ("rioxx", '<ali:free_to_read end_date="2020-01-01"/>', "restricted", "", True),
    ("atom", "<dcterms:available>2930-01-01</dcterms:available>", "embargoed", "2930-01-01", False),
    ("atom", "<dcterms:accessRights>Embargo until 2930-01-01</dcterms:accessRights>", "embargoed", "2930-01-01", False),
    ("atom", "<dcterms:accessRights>Closed access</dcterms:accessRights>", "metadata_only", "", False),
    ("atom", "<dcterms:accessRights>NO_ACCESS</dcterms:accessRights>", "metadata_only", "", False),
    ("atom", "<dcterms:accessRights>private</dcterms:accessRights>", "restricted", "", False),
    ("atom", "<dcterms:accessRights>Ask the monks</dcterms:accessRights>", "restricted", "", True),
    ("atom", "<dcterms:accessRights>info:eu-repo/semantics/abbeyAccess</dcterms:accessRights>", "restricted", "", True),
    ("atom", "<dc:rights>Access is restricted to the abbey</dc:rights>", "restricted", "", True),
    ("atom", "<dc:rights>openAccess</dc:rights><dc:rights>embargoedAccess</dc:rights>", "embargoed", "", False),
    (
        "atom", "<dc:rights>openAccess</dc:rights><dc:date>info:eu-repo/date/embargoEnd/2930-01-01</dc:date>", "embargoed",
        "2930-01-01", False,
    ),
    ("dim", DIM.format("dc", "rights", "", "openAccess") + DIM.format("dc", "date", "embargo", "2930"), "embargoed", "2930", False),
    ("dim", DIM.format("dc", "date", "embargo", "10000-01-01"), "restricted", "", True),
    ("dim", DIM.format("local", "embargo", "terms", "forever"), "restricted", "", True),
    ("dim", DIM.format("dc", "embargo", "terms", "2930-01-01"), "embargoed", "2930-01-01", False),
    ("dim", DIM.format("dc", "embargo", "liftdate", "2930-01-01"), "embargoed", "2930-01-01", False),
    ("dim", DIM.format("dc", "rights", "embargodate", "2930-01-01"), "embargoed", "2930-01-01", False),
    ("dim", DIM.format("dc", "date", "embargoedUntil", "2930-01-01"), "embargoed", "2930-01-01", False),
    ("dim", DIM.format("dc", "rights", "accessRights", "abbey"), "restricted", "", True),
    ("eprints", "<full_text_status>public</full_text_status>" + DOCUMENT.format(SECRET), "restricted", "", False),
    ("eprints", DOCUMENT.format("<document><security>public</security></document>" + SECRET), "restricted", "", False),
    ("eprints", DOCUMENT.format("<document><security>abbey</security></document>"), "restricted", "", True),
    (
        "eprints",
        DOCUMENT.format("".join(f"<document><date_embargo>{day}</date_embargo></document>" for day in ("2930-01-01", "2020-01-01"))),
        "embargoed", "2930-01-01", False,
    ),
    ("eprints", DOCUMENT.format("<document><date_embargo>2930-13</date_embargo></document>"), "restricted", "", True),
    ("eprints", "<metadata_visibility>no_search</metadata_visibility>", "restricted", "", True),
    ("ddm", "<ddm:available>2930-01-01</ddm:available><ddm:accessRights>OPEN_ACCESS</ddm:accessRights>", "embargoed", "2930-01-01", False),
    ("ddm", "<ddm:accessRights>ABBEY</ddm:accessRights>", "restricted", "", True),
    ("opus", '<files><file name="a.pdf" visibleInFrontdoor="false"/></files>', "restricted", "", False),
    ("opus", '<dates><date type="embargo" year="2930"/></dates>', "embargoed", "2930", False),
    ("mods", '<accessCondition type="restriction on access">Restricted until 2930</accessCondition>', "embargoed", "2930", False),
    ("mods", '<accessCondition type="restriction on access">the abbey</accessCondition>', "restricted", "", True),
    ("mods", '<accessCondition type="embargo">2930-01-01</accessCondition>', "embargoed", "2930-01-01", False),
    ("mods", "<accessCondition>open access</accessCondition><accessCondition>closed access</accessCondition>", "metadata_only", "", False),
    ("etdms", "<rights>Closed access until 2930-01-01</rights>", "embargoed", "2930-01-01", False),
    ("datacite", "<rightsList><rights>Closed Access</rights></rightsList>", "metadata_only", "", False),
    (
        "datacite",
        '<rightsList><rights rightsURI="info:eu-repo/semantics/openAccess"/><rights rightsURI="info:eu-repo/semantics/closedAccess"/></rightsList>',
        "metadata_only", "", False,
    ),
    ("hyrax", "<visibility>open</visibility><embargo_release_date>2930-01-01</embargo_release_date>", "embargoed", "2930-01-01", False),
    ("hyrax", "<visibility>restricted</visibility><visibility>open</visibility>", "restricted", "", False),
    ("marcxml", '<datafield tag="506" ind1="1" ind2=" "><subfield code="a">Monks</subfield></datafield>', "restricted", "", True),
    ("marcxml", '<datafield tag="506" ind1="1" ind2=" "/>', "restricted", "", False),
]  # fmt: skip


def read(name: str, statement: str) -> Reading:
    return read_with(READERS, parse(FORMATS[name].format(statement).encode()))


@pytest.mark.parametrize(("name", "statement", "access", "until", "puzzling"), STATEMENTS)
def test_whatever_closes_a_work_is_heard(name: str, statement: str, access: str, until: str, puzzling: bool):
    reading = read(name, statement)
    assert (reading.record.access, reading.record.dates.embargo_until) == (access, until)
    assert ("access-unknown" in {remark.code for remark in reading.warnings}) == puzzling


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_that_says_nothing_is_open_and_known_to_say_nothing(name: str):
    reading = read(name, "")
    assert (reading.record.access, reading.access, reading.closed) == ("open", "", {})


@pytest.mark.parametrize(
    "words",
    [
        "All rights reserved", "CC BY 4.0", "permits unrestricted use, distribution and reproduction in any medium",
        "Copies may be made for private study.", "No known copyright restrictions", "https://creativecommons.org/licenses/by/4.0/",
    ],
)  # fmt: skip
def test_what_is_said_of_use_alone_closes_nothing(words: str):
    draft = Draft(etree.Element("rights"))
    take_rights(draft, draft.root, words)
    assert (draft.access, draft.warnings) == ("", [])


@pytest.mark.parametrize("words", ["Open access", "Public", "freely available online", "No restrictions", "CC BY 4.0"])
def test_an_open_work_needs_no_word_of_a_vocabulary(words: str):
    draft = Draft(etree.Element("accessRights"))
    take_access(draft, draft.root, words)
    assert draft.access in {"", "open"}
    assert not draft.warnings


@pytest.mark.parametrize("words", ["not open", "not freely available", "only on request", "public from next year, embargoed now"])
def test_open_words_that_are_taken_back_open_nothing(words: str):
    draft = Draft(etree.Element("accessRights"))
    take_access(draft, draft.root, words)
    assert draft.access == "restricted"


def test_files_are_closed_by_name():
    documents = "".join(
        f"<document><security>{level}</security><files><file><filename>{level}.pdf</filename></file></files></document>"
        for level in ("public", "staffonly")
    )
    assert read("eprints", DOCUMENT.format(documents)).closed == {"staffonly.pdf": "restricted"}
    files = '<files><file name="a.pdf"/><file name="b.pdf" visibleInFrontdoor="false"/></files>'
    assert read("opus", files).closed == {"b.pdf": "restricted"}


def test_of_two_descriptions_the_stricter_holds_whichever_comes_first():
    plain = Record(type="other.other", title=Text(value="T"))
    closed = Record(type="other.other", title=Text(value="T"), access="embargoed", dates=Dates(embargo_until="2930-01-01"))
    for both in (merged(plain, closed), merged(closed, plain), closed_as(plain, closed)):
        assert (both.access, both.dates.embargo_until) == ("embargoed", "2930-01-01")
    assert strictest("", "open", "restricted", "embargoed") == "restricted"
    assert latest("", "2930", "2930-06", "2930-11-30") == "2930"
