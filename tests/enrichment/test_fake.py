"""The simulator of ORCID says what ORCID's schemas allow, and the readers read ORCID's own samples."""

from datetime import date
from pathlib import Path

import pytest
from aiohttp import ClientSession
from lxml import etree

from server.enrichment.reading import answered, facts
from server.xml import parse
from tests.conftest import SHARED
from tests.fakes.orcid_public import CLIENT, SECRET, FakePublicOrcid, Post, Somebody, Work, record

ORCID = SHARED / "data" / "agencies" / "orcid" / "record_3.0"
needs_orcid = pytest.mark.skipif(not ORCID.exists(), reason="ORCID's schemas and samples are not here (SHEAF_SHARED)")

MENDEL = Somebody(
    "0000-0002-1825-0097", "Gregor", "Mendel", "Gregor Johann Mendel", ("Johann Mendel", "G. Mendel"),
    (Post("Abbey of St Thomas", "https://ror.org/02j46qs45"), Post("Realschule Brno", ended="1968"), Post("Znojmo", ended="1950-05")),
    (Work("Experiments in plant hybridization", "10.5072/peas"), Work("Untitled"), Work("A volume", "10.5072/vol", "part-of")),
)  # fmt: skip


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(ORCID / name))


async def token(session: ClientSession, url: str) -> dict[str, str]:
    form = {"client_id": CLIENT, "client_secret": SECRET, "grant_type": "client_credentials", "scope": "/read-public"}
    async with session.post(f"{url}/oauth/token", data=form) as answer:
        return {"Authorization": f"Bearer {(await answer.json())['access_token']}"}


@needs_orcid
async def test_its_answers_are_valid_by_orcids_schemas() -> None:
    fake = FakePublicOrcid(MENDEL, Somebody("0000-0001-5109-3700", "Mononymous"))
    url = await fake.start()
    try:
        async with ClientSession() as session:
            headers = await token(session, url)
            query = {"q": 'family-name:"Mendel" OR given-names:M*', "rows": "10"}
            async with session.get(f"{url}/v3.0/expanded-search/", params=query, headers=headers) as answer:
                found = parse(await answer.read())
            async with session.get(f"{url}/v3.0/{MENDEL.orcid}/record", headers=headers) as answer:
                whole = parse(await answer.read())
            async with session.get(f"{url}/v3.0/0000-0000-0000-0000/record", headers=headers) as answer:
                assert answer.status == 404
                missing = parse(await answer.read())
    finally:
        await fake.stop()
    assert found.get("num-found") == "2"
    schema("expanded-search-3.0.xsd").assertValid(found)
    schema("record-3.0.xsd").assertValid(whole)
    schema("error-3.0.xsd").assertValid(missing)


@needs_orcid
def test_the_simulators_record_is_built_as_orcids_sample_is() -> None:
    """Every element and attribute the simulator writes stands in ORCID's sample as well, below the same parents."""
    sample = etree.parse(ORCID / "samples" / "read_samples" / "record-3.0.xml").getroot()

    def paths(root: etree._Element) -> set[str]:
        found = set()
        for element in root.iter(etree.Element):
            way = [each.tag for each in (*reversed(list(element.iterancestors())), element)]
            found.add("/".join(way))
        return found

    # The employment of the sample ends in a year, as that of a work begins in a month: both are ORCID's FuzzyDate.
    extra = paths(parse(record(MENDEL).encode())) - paths(sample)
    assert {way.rpartition("}")[2] for way in extra} <= {"month"}


@needs_orcid
def test_orcids_samples_are_read(tmp_path: Path) -> None:
    sample = facts(parse((ORCID / "samples" / "read_samples" / "record-3.0.xml").read_bytes()), date(2026, 3, 14))
    assert sample.orcid == "8888-8888-8888-8880"
    assert (sample.given, sample.family, sample.credit) == ("give-names", "family-name", "credit-name")
    assert sample.others == ("other-name-1",)
    assert [place.name for place in sample.past] == ["employment-org"]  # it ended in 2025
    assert sample.current == ()
    before = facts(parse((ORCID / "samples" / "read_samples" / "record-3.0.xml").read_bytes()), date(2025, 12, 31))
    assert [place.name for place in before.current] == ["employment-org"]


def test_a_record_is_read_with_what_is_current_and_what_is_past() -> None:
    found = facts(parse(record(MENDEL).encode()), date(1968, 6, 1))
    assert found.name == "Gregor Johann Mendel"
    assert [place.name for place in found.current] == ["Abbey of St Thomas", "Realschule Brno"]
    assert found.current[0].ror == "https://ror.org/02j46qs45"
    assert [place.name for place in found.past] == ["Znojmo"]
    assert found.dois == ("10.5072/peas",)  # the DOI of the volume is everybody's who stands in it
    assert found.titles == ("experiments in plant hybridization",)
    assert found.shown == "Gregor Johann Mendel (Abbey of St Thomas; Realschule Brno)"


def test_a_search_with_nonsense_in_it_is_read_as_far_as_it_goes() -> None:
    text = (
        '<e:expanded-search xmlns:e="http://www.orcid.org/ns/expanded-search" num-found="many"><e:expanded-result>'
        "<e:orcid-id>0000-0002-1825-0098</e:orcid-id></e:expanded-result><e:expanded-result><e:orcid-id>0000-0002-1825-0097"
        "</e:orcid-id><e:family-names>Mendel</e:family-names></e:expanded-result></e:expanded-search>"
    )
    found = answered(parse(text.encode()))
    assert found.total == 1
    assert [line.orcid for line in found.found] == ["0000-0002-1825-0097"]  # a wrong check digit is nobody's
