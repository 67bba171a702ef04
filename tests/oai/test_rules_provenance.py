"""Rule 63 of the checklist, of what was harvested: every format says after the metadata where a record came from."""

from aiohttp.test_utils import TestClient
from lxml import etree

from server.harvest.batch import Bare
from server.house import House
from server.records.model import Agent, Dates, Record, Text, Thesis, encode
from server.records.provenance import Provenance
from tests.harvest.test_batch import bring
from tests.oai.conftest import NS
from tests.oai.validity import assert_valid

THESIS = Record(
    type="etd.doctoral",
    title=Text(value="Recherches sur les substances radioactives", lang="fr"),
    creators=(Agent(family="Curie", given="Marie"),),
    dates=Dates(issued="1903"),
    languages=("fr",),
    thesis=Thesis(grantor="Université de Paris", degree_name="Docteur", degree_level="doctoral", date_awarded="1903-06-25"),
)
FIRST = Provenance(
    base_url="https://archive.example.org/oai",
    identifier="oai:archive.example.org:1903",
    datestamp="2020-02-29",
    namespace="http://www.loc.gov/mods/v3",
    harvested="2021-01-01T00:00:00Z",
    altered=False,
)
LAST = Provenance(
    base_url="https://other.example.org/oai",
    identifier="oai:other.example.org:<1>",
    datestamp="2022-02-02T02:02:02Z",
    namespace="http://www.openarchives.org/OAI/2.0/oai_dc/",
    harvested="2026-01-02T03:04:05Z",
    origin=FIRST,
)


async def test_rule_63_where_a_harvested_record_came_from(house: House, client: TestClient) -> None:
    await bring(house, Bare(origin=LAST.identifier, document=encode(THESIS), provenance=LAST))
    given = []
    for form in [form for form in house.press.renderer.formats.values() if not form.is_variant]:
        answer = await client.get("/oai", params={"verb": "ListRecords", "metadataPrefix": form.prefix})
        root = etree.fromstring(await answer.read())
        assert_valid(root)
        for record in root.iterfind(".//o:record", NS):
            assert [etree.QName(child).localname for child in record] == ["header", "metadata", "about"]
            (last,) = record[2][0]
            names = ("baseURL", "identifier", "datestamp", "metadataNamespace")
            for said, element in ((LAST, last), (FIRST, last[4])):
                assert [etree.QName(child).localname for child in element][:4] == [*names]
                assert [child.text for child in element][:4] == [said.base_url, said.identifier, said.datestamp, said.namespace]
                assert dict(element.attrib) == {"harvestDate": said.harvested, "altered": str(said.altered).lower()}
            given.append(form.name)
    assert len(given) >= 10
    assert "oai_dc" in given
