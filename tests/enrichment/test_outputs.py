"""An iD chosen among candidates, in every format that can say who a creator is: there, and never called authenticated."""

from dataclasses import replace

import msgspec
import pytest
from lxml import etree

from server.enrichment.writing import Writing, changed, with_id, without_id
from server.house import House
from server.metadata.crossref.document import body, deposit
from server.records.model import Agent, AgentId, Publisher, Record, decode, encode
from tests.fakes.crossref_schema import NS, XSD, schema
from tests.writers import record

ORCID = "0000-0002-1825-0097"
ADDRESS = f"https://orcid.org/{ORCID}"
WRITING = Writing("creators", 0, "Mendel", "Gregor", ORCID)

#: Format → how it says who a creator is.
SAYS = {
    "marcxml": f'<subfield code="1">{ADDRESS}</subfield>',
    "datacite": f'<nameIdentifier nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">{ADDRESS}</nameIdentifier>',
    "oai_datacite": f'<nameIdentifier nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">{ADDRESS}</nameIdentifier>',
    "oai_openaire": f'nameIdentifierScheme="ORCID" schemeURI="https://orcid.org">{ADDRESS}</datacite:nameIdentifier>',
    "rioxx": f"<rioxxterms:id>{ADDRESS}</rioxxterms:id>",
    "mods": f'<nameIdentifier type="orcid">{ADDRESS}</nameIdentifier>',
}


def enriched() -> Record:
    return changed(record(), [WRITING], with_id)[0]


@pytest.mark.parametrize("name", SAYS)
async def test_a_format_says_who_it_is(house: House, name: str) -> None:
    renderer = house.press.renderer
    before = renderer.metadata(name, renderer.work("01ARZ3NDEKTSV4RRFFQ69G5FAV", record())).decode()
    after = renderer.metadata(name, renderer.work("01ARZ3NDEKTSV4RRFFQ69G5FAV", enriched())).decode()
    assert ORCID not in before
    assert SAYS[name] in after, after
    assert "authenticated" not in after


async def test_the_marc_heading_is_as_it_was(house: House) -> None:
    renderer = house.press.renderer
    fields = [
        etree.fromstring(renderer.metadata("marcxml", renderer.work("01ARZ3NDEKTSV4RRFFQ69G5FAV", one))).xpath(
            '//*[@tag="100"]/*[not(@code="1")]/text()'
        )
        for one in (record(), enriched())
    ]
    assert fields[0] == fields[1]
    assert fields[0]


@pytest.mark.skipif(not XSD.exists(), reason="needs agencies/crossref/5.4.0 of SHEAF_SHARED")
@pytest.mark.parametrize(("said", "spoken"), [(None, []), (False, ["false"]), (True, ["true"])])
async def test_crossref_is_told_whether_its_owner_said_so(house: House, said: bool | None, spoken: list[str]) -> None:
    agent = Agent(family="Mendel", given="Gregor", ids=(AgentId(scheme="orcid", value=ADDRESS, authenticated=said),))
    work = house.press.renderer.work(
        "01ARZ3NDEKTSV4RRFFQ69G5FAV", record(creators=(agent,), type="publication.book", publisher=Publisher(name="Abbey"))
    )
    written = body(replace(work, doi="10.82433/data.1"), repository="", withdrawn=False)
    document = deposit(written, batch="batch", stamp=1, depositor="Abbey", email="library@abbey.example")
    root = etree.fromstring(document)
    schema().assertValid(root)
    assert root.xpath("//c:ORCID/@authenticated", namespaces=NS) == spoken


def test_the_record_remembers_that_nobody_authenticated_it_and_old_ones_say_nothing() -> None:
    stored = encode(enriched())
    assert b'"authenticated":false' in stored
    assert decode(stored).creators[0].ids[0].authenticated is False
    assert b"authenticated" not in encode(record(creators=(Agent(family="Curie", ids=(AgentId(scheme="orcid", value=ORCID),)),)))


def test_an_id_that_is_there_is_never_written_over_and_a_moved_name_is_found() -> None:
    mine = Agent(family="Mendel", given="Gregor", ids=(AgentId(scheme="orcid", value="0000-0001-5109-3700"),))
    same, done, left = changed(record(creators=(mine,)), [WRITING], with_id)
    assert (same, done, left) == (record(creators=(mine,)), [], [WRITING])
    bare, other = Agent(family="Mendel", given="Gregor"), Agent(family="Curie", given="Marie")
    moved, done, _ = changed(record(creators=(other, bare)), [WRITING], with_id)
    assert [agent.id_of("orcid") for agent in moved.creators] == ["", ADDRESS]
    assert done == [WRITING]
    twice, _, left = changed(record(creators=(other, bare, bare)), [WRITING], with_id)
    assert left == [WRITING], "two of one name, and the place has neither"
    assert twice.creators == (other, bare, bare)


def test_taking_back_takes_only_what_was_written() -> None:
    mine = AgentId(scheme="orcid", value=ADDRESS, authenticated=False)
    gnd = AgentId(scheme="gnd", value="118580787")
    agent = Agent(family="Mendel", given="Gregor", ids=(gnd, mine))
    found = without_id(agent, ORCID)
    assert found
    assert found.ids == (gnd,)
    assert without_id(found, ORCID) is None
    proved = msgspec.structs.replace(agent, ids=(msgspec.structs.replace(mine, authenticated=True),))
    assert without_id(proved, ORCID) is None, "its owner said so since"
