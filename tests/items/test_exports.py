"""The other forms of a work over HTTP: by address and by Accept, whole or not again, and only what the public may have."""

import json

import msgspec
import pytest
from aiohttp.test_utils import TestClient

from server.house import House
from server.publishing import withdraw
from server.records import store as records
from server.records.store import New, State
from server.xml import parse
from tests.conftest import SetClock
from tests.items.kinds import FULL, SPARSE
from tests.items.test_pages import publish

FORMS = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl.json": "application/vnd.citationstyles.csl+json",
    "txt": "text/x-bibliography",
    "jsonld": "application/ld+json",
    "datacite.json": "application/vnd.datacite.datacite+json",
    "datacite.xml": "application/vnd.datacite.datacite+xml",
    "mods.xml": "application/mods+xml",
    "marcxml.xml": "application/marcxml+xml",
    "mets.xml": "application/mets+xml",
}


async def test_a_form_has_an_address_and_a_media_type(client: TestClient, house: House) -> None:
    for number, record in (("01J00000000000000000000001", FULL), ("01J00000000000000000000002", SPARSE)):
        await publish(house, record, number)
        for ending, media in FORMS.items():
            by_address = await client.get(f"/items/{number}.{ending}")
            assert by_address.status == 200, ending
            assert by_address.headers["Content-Type"].partition(";")[0] == media
            assert "Vary" not in by_address.headers
            by_accept = await client.get(f"/items/{number}", headers={"Accept": f"{media}, text/html;q=0.5"})
            assert "Accept" in by_accept.headers["Vary"]
            body = await by_address.read()
            assert await by_accept.read() == body
            if media.endswith("json"):
                json.loads(body)
            elif media.endswith("xml"):
                parse(body)


async def test_a_page_is_what_browsers_get(client: TestClient, house: House) -> None:
    number = await publish(house, FULL)
    for accept in ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "*/*", ""):
        answer = await client.get(f"/items/{number}", headers={"Accept": accept})
        assert answer.content_type == "text/html"
        assert "Accept" in answer.headers["Vary"]


async def test_who_takes_nothing_of_it_hears_what_there_is(client: TestClient, house: House) -> None:
    number = await publish(house, FULL)
    answer = await client.get(f"/items/{number}", headers={"Accept": "image/png, text/html;q=0"})
    text = await answer.text()
    assert answer.status == 406
    for ending, media in FORMS.items():
        assert f"{media}  https://repository.example.org/items/{number}.{ending}\n" in text
    assert f"text/html  https://repository.example.org/items/{number}\n" in text


async def test_a_form_somebody_has_is_not_sent_again(client: TestClient, house: House, clock: SetClock) -> None:
    number = await publish(house, FULL)
    first = await client.get(f"/items/{number}.bib")
    for condition in ({"If-None-Match": first.headers["ETag"]}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        again = await client.get(f"/items/{number}.bib", headers=condition)
        assert (again.status, await again.read()) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    assert (await client.get(f"/items/{number}.ris")).headers["ETag"] != first.headers["ETag"]


async def test_a_reference_comes_in_the_style_asked_for(client: TestClient, house: House) -> None:
    number = await publish(house, FULL)
    styled = await (await client.get(f"/items/{number}", headers={"Accept": "text/x-bibliography; style=ieee"})).text()
    assert styled == await (await client.get(f"/items/{number}.txt?style=ieee")).text()
    assert styled.startswith("A. Lovelace")
    assert (await (await client.get(f"/items/{number}.txt?style=nonsense")).text()).startswith("Lovelace, A.")


async def test_reference_managers_get_a_file(client: TestClient, house: House) -> None:
    number = await publish(house, FULL)
    answer = await client.get(f"/items/{number}.ris")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.ris"'


@pytest.mark.parametrize("ending", ["nothing", "oai_dc_plain.xml", "bib.bib", "etdms.xml"])
async def test_a_form_that_is_not_there_is_not_found(client: TestClient, house: House, ending: str) -> None:
    number = await publish(house, msgspec.structs.replace(FULL, type="dataset.dataset"))
    assert (await client.get(f"/items/{number}.{ending}")).status == 404


async def test_what_is_not_public_has_no_forms(client: TestClient, house: House) -> None:
    number = await publish(house, FULL)
    stored = await house.database.read(records.get, number)
    await house.database.write(withdraw, house.press, stored, "A mistake.", house.clock())
    gone = await client.get(f"/items/{number}.bib")
    assert gone.status == 410
    assert "A mistake." in await gone.text()
    draft = New("01J00000000000000000000009", FULL, "works", State.DRAFT)
    await house.database.write(records.add, [draft], house.clock())
    assert (await client.get(f"/items/{draft.id}.bib")).status == 404


async def test_a_closed_file_is_in_no_form(client: TestClient, house: House) -> None:
    number = await publish(house, FULL)
    for ending in ("bib", "ris", "csl.json", "jsonld", "linkset", "linkset.json"):
        assert "closed.pdf" not in await (await client.get(f"/items/{number}.{ending}")).text(), ending
