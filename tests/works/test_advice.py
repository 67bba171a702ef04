"""What the agency of a work's DOI would refuse is shown where the work is written and looked at; nothing is blocked by it."""

import re

import pytest
from aiohttp.test_utils import TestClient
from lxml import html

from server import control
from server.accounts import store as accounts
from server.accounts.model import Role
from server.house import House
from server.identifiers import ledger
from server.identifiers.model import State
from server.identifiers.tables import identifiers
from server.records import store
from tests.admin.visits import login
from tests.conftest import HASH
from tests.works.entering import PEAS, fields_of, send, work_in

BAD = PEAS | {"type": "publication.report", "publisher.name": "https://ror.org/02jx3x895"}
NEW, MINE = "/admin/works/new", "/my/works/new"
DATACITE = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse", "environment": "test"}


@pytest.fixture
async def registering(house: House) -> House:
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values=DATACITE))
    return house


def advised(page: str, where: str = "") -> list[str]:
    """Return what a page advises, each with its field."""
    found = html.fromstring(page).xpath(f"//*[contains(@class, 'advised')]{where}//li")
    return [" ".join(each.text_content().split()) for each in found]


async def test_a_work_is_saved_and_its_page_says_what_would_be_refused(registering: House, client: TestClient) -> None:
    await login(client)
    work = work_in(await send(client, NEW, BAD))
    page = await (await client.get(f"/admin/works/{work}")).text()
    assert "What DataCite would refuse" in page
    (said,) = advised(page)
    assert said.startswith("Publisher, Name: looks like a URL; put the name here and the ROR in its identifier")
    assert f'href="/admin/works/{work}/edit#f-publisher.name"' in page
    assert (await registering.database.read(store.get, work)).record.publisher.name == BAD["publisher.name"]


async def test_the_form_says_it_beside_the_field(registering: House, client: TestClient) -> None:
    await login(client)
    work = work_in(await send(client, NEW, BAD))
    page = await (await client.get(f"/admin/works/{work}/edit")).text()
    root = html.fromstring(page)
    (field,) = root.xpath("//*[@id='f-publisher.name']")
    assert "f-publisher.name-advice" in field.get("aria-describedby")
    assert field.get("aria-invalid") is None, "it can stay as it is"
    assert "looks like a URL" in root.xpath("string(//*[@id='f-publisher.name-advice'])")
    assert root.xpath("//details[@id='appeared']/@open"), "what is folded is opened"
    assert advised(page) == ["Publisher, Name: looks like a URL; put the name here and the ROR in its identifier"]


async def test_a_work_can_be_checked_without_saving(registering: House, client: TestClient) -> None:
    await login(client)

    async def looked(path: str, **changes: str) -> str:
        page = await (await client.get(path)).text()
        pairs = [(name, value) for name, value in fields_of(page, path) if name not in PEAS and name not in changes]
        values = {**PEAS, "type": "publication.report", **changes}
        answer = await client.post(path, data=[*pairs, *values.items(), ("look", "yes")], allow_redirects=False)
        assert answer.status == 200
        return await answer.text()

    page = await looked(NEW, **{"publisher.name": "https://ror.org/02jx3x895"})
    assert advised(page) == ["Publisher, Name: looks like a URL; put the name here and the ROR in its identifier"]
    assert 'value="https://ror.org/02jx3x895"' in page, "what was typed stays"
    assert "DataCite would have nothing to say against it" in await looked(NEW, **{"publisher.name": "University College"})
    work = work_in(await send(client, NEW, BAD))
    page = await looked(f"/admin/works/{work}/edit", **{"publisher.name": "University College"})
    assert "Nothing is saved yet" in page
    assert (await registering.database.read(store.get, work)).version == 1
    assert "what is said twice" not in page


async def test_without_an_agency_nothing_is_said(house: House, client: TestClient) -> None:
    await login(client)
    work = work_in(await send(client, NEW, BAD))
    for path in (f"/admin/works/{work}", f"/admin/works/{work}/edit"):
        assert advised(await (await client.get(path)).text()) == []
    page = await (await client.get(NEW)).text()
    answer = await client.post(NEW, data=[*(p for p in fields_of(page, NEW) if p[0] not in BAD), *BAD.items(), ("look", "yes")])
    assert "No agency would register a DOI for it." in await answer.text()


async def test_a_researcher_reads_it_of_their_own_work(registering: House, client: TestClient) -> None:
    await registering.database.write(accounts.add, "gregor", Role.RESEARCHER, HASH, registering.clock())
    await login(client, "gregor")
    answer = await send(client, MINE, BAD)
    work = re.search(r"/my/works/([0-9A-Z]{26})", answer.headers["Location"])[1]
    page = await (await client.get(f"/my/works/{work}")).text()
    assert advised(page)[0].startswith("Publisher, Name: looks like a URL")
    assert f'href="/my/works/{work}/edit#f-publisher.name"' in page
    assert advised(await (await client.get(f"/my/works/{work}/edit")).text())


async def test_a_refusal_of_the_agency_is_shown_by_its_field(registering: House, client: TestClient) -> None:
    await login(client)
    work = work_in(await send(client, NEW, BAD, "publish"))
    (entry,) = await registering.database.read(ledger.of_record, work)
    said = "DataCite answered 422: titles: DOI 10.82433/00000001: Title is on the list of Mendel."

    def refuse(tx, number, message):
        tx.execute(identifiers.update().where(identifiers.c.id == number).values(state=State.REJECTED.value, message=message))

    await registering.database.write(refuse, entry.id, said)
    page = await (await client.get(f"/admin/works/{work}")).text()
    assert "Why DataCite refused it" in page
    first = advised(page)[0]
    assert first == "Title: Title is on the list of Mendel Correct this field. The work is then sent again by itself."
    assert "The agency refuses it, and says why. Once the record is corrected it is sent again by itself." in page
    form = await (await client.get(f"/admin/works/{work}/edit")).text()
    assert "What DataCite refused, would refuse, or be told otherwise" in form
    assert advised(form)[0] == "Title: DataCite refused the work for this: Title is on the list of Mendel"
    assert "Mendel" in html.fromstring(form).xpath("string(//*[@id='f-title-advice'] | //*[@id='f-title.value-advice'])")
    await registering.database.write(refuse, entry.id, "DataCite answered 422: url: URL is not allowed by domain settings.")
    assert advised(await (await client.get(f"/admin/works/{work}")).text())[0].startswith("URL is not allowed")
