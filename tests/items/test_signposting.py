"""FAIR Signposting at level 2, read by the library of its authors: in the header, in the page, and in both forms of the link set."""

import json
from urllib.parse import urlsplit

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from bs4 import BeautifulSoup
from signposting import find_signposting_http_link
from signposting.linkset import Linkset, LinksetJSON, _parse_linkset, _parse_linkset_json
from signposting.signpost import AbsoluteURI, Signposting

from server.house import House
from server.items.signposting import LONGEST
from server.records.model import File, Licence
from tests.items.kinds import FULL, SOME, SPARSE, of_type
from tests.items.test_pages import publish, register, reserve
from tests.items.works import keep


def read(found: list[str], url: str) -> Signposting:
    return find_signposting_http_link(found, url)


async def level_2(client: TestClient, number: str) -> tuple[Signposting, Signposting, Signposting]:
    """What the header leads to, and what stands in the link set as JSON and as text."""
    url = f"https://repository.example.org/items/{number}"
    answer = await client.head(f"/items/{number}")
    header = read(answer.headers.getall("Link"), url)
    sets = {str(each.type): urlsplit(each.target).path for each in header.linksets}
    assert sets.keys() == {"application/linkset", "application/linkset+json"}
    parsed = []
    for kind, form, parse in (
        ("application/linkset+json", LinksetJSON, _parse_linkset_json),
        ("application/linkset", Linkset, _parse_linkset),
    ):
        answer = await client.get(sets[kind])
        assert answer.status == 200
        assert answer.headers["Content-Type"].partition(";")[0] == kind
        whole = f"https://repository.example.org{sets[kind]}"
        parsed.append(parse(form(await answer.text(), kind, AbsoluteURI(whole), AbsoluteURI(whole))))
    return header, parsed[0].for_context(url), parsed[1].for_context(url)


def said(found: Signposting) -> set[tuple[str, str]]:
    return {(each.rel, str(each.target)) for each in found}


async def test_every_kind_of_page_is_at_level_2(client: TestClient, house: House) -> None:
    await reserve(house)
    records = [of_type(code) for code in SOME] + [SPARSE]
    for place, record in enumerate(records):
        number = await publish(house, record, f"01J0000000000000000000{place:04}")
        own = await register(house, number)
        header, as_json, as_text = await level_2(client, number)
        assert said(as_json) == said(as_text), record.type
        assert said(header) <= said(as_json), record.type
        assert str(header.citeAs.target) == f"https://doi.org/{own}"
        assert {str(each.target).rpartition("/")[2] for each in header.types} >= {"AboutPage"}
        assert len(header.types) == 2
        assert len(header.items) == sum(record.access_to(file) == "open" for file in record.files)
        assert [str(each.target) for each in header.authors] == ["https://orcid.org/0000-0002-1825-0097"] * bool(record.creators)
        page = BeautifulSoup(await (await client.get(f"/items/{number}")).text(), "html.parser")
        in_page = {(rel, link["href"]) for link in page.head.find_all("link") for rel in link["rel"]}
        assert said(header) <= in_page


async def test_metadata_and_files_lead_back_and_there_is_what_a_link_names(client: TestClient, house: House) -> None:
    file = keep(house, "a.pdf", "application/pdf")
    number = await publish(house, msgspec.structs.replace(FULL, files=(file,)))
    url = f"https://repository.example.org/items/{number}"
    header, _, _ = await level_2(client, number)
    assert len(header.describedBy) >= 12
    for each in (*header.describedBy, *header.items):
        answer = await client.get(urlsplit(each.target).path)
        assert answer.status == 200, each
        assert answer.headers["Content-Type"].partition(";")[0] == str(each.type)
        back = read(answer.headers.getall("Link"), str(each.target))
        assert ("describes" if each in header.describedBy else "collection", url) in said(back)
    whole = json.loads(await (await client.get(f"/items/{number}.linkset.json")).text())
    (context,) = [each for each in whole["linkset"] if each["anchor"] == f"{url}.mods.xml"]
    assert context == {"anchor": f"{url}.mods.xml", "describes": [{"href": url, "type": "text/html"}]}


async def test_a_header_that_would_be_too_long_is_cut_and_the_link_set_is_whole(client: TestClient, house: House) -> None:
    files = tuple(File(name=f"{n:03}-{'x' * 60}.txt", mime="text/plain", bytes=1, sha256="a" * 64) for n in range(200))
    licences = (Licence(uri="https://creativecommons.org/licenses/by/4.0/"),)
    number = await publish(house, msgspec.structs.replace(FULL, files=files, licences=licences))
    for ask in (client.get, client.head):
        assert len((await ask(f"/items/{number}")).headers["Link"].encode()) <= LONGEST
    header, as_json, as_text = await level_2(client, number)
    assert len(header.items) < 200
    assert header.describedBy
    assert len(as_json.items) == len(as_text.items) == 200


@pytest.mark.parametrize("ending", ["linkset", "linkset.json"])
async def test_link_sets_are_negotiated_too(client: TestClient, house: House, ending: str) -> None:
    number = await publish(house, FULL)
    kind = "application/linkset+json" if ending.endswith("json") else "application/linkset"
    answer = await client.get(f"/items/{number}", headers={"Accept": kind})
    assert await answer.read() == await (await client.get(f"/items/{number}.{ending}")).read()
