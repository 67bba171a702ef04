"""The people in the administration: kept, found, linked, merged, brought in and out; all errors at once, nothing lost."""

import re

import msgspec
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from server.accounts import store as accounts
from server.house import House
from server.people import keeping, linking, store
from server.people.linking import LinkState, Made, Place
from server.people.model import Person, PersonId, Post
from server.records import store as records
from tests.admin.visits import csrf, login
from tests.people.visits import LIBRARIAN, MENDEL, ORCID, OTHER_ORCID, agent, person, published, work

TYPED = {
    "family": "Mendel", "given": "Gregor Johann", "ids.0.scheme": "orcid", "ids.0.value": "0000 0002 1825 0097",
    "affiliations.0.name": "St Thomas's Abbey", "affiliations.0.since": "1843", "email": "gregor@example.org",
}  # fmt: skip


async def sent(client: TestClient, page: str, to: str = "", **typed: object) -> tuple[int, str, str]:
    """Send a form of a page; return the status, where it leads and what is on the page."""
    form = FormData([("csrf", await csrf(client, page))])
    for name, value in typed.items():
        for one in value if isinstance(value, list) else [value]:
            form.add_field(name, one)
    answer = await client.post(to or page, data=form, allow_redirects=False)
    return answer.status, answer.headers.get("Location", ""), await answer.text()


async def seen(client: TestClient, page: str) -> str:
    answer = await client.get(page)
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def test_somebody_new_is_added_found_and_changed(client: TestClient, house: House) -> None:
    await login(client)
    status, lead, _ = await sent(client, "/admin/people/new", **TYPED)
    assert (status, lead) == (303, "/admin/people/1?done=person-added")
    text = await seen(client, "/admin/people/1")
    for words in (
        "Mendel, Gregor Johann",
        "https://orcid.org/0000-0002-1825-0097",
        "typed in, not confirmed",
        "1843",
        "gregor@example.org",
    ):
        assert words in text
    assert "Mendel, Gregor Johann" in await seen(client, "/admin/people?q=mendel+0097")
    assert "/admin/people/1" in await seen(client, "/admin/search?q=mendel")
    assert "Nobody is like that" in await seen(client, "/admin/people?q=darwin")
    status, lead, _ = await sent(client, "/admin/people/1/edit", **TYPED | {"given": "Johann", "version": "1"})
    assert (status, lead) == (303, "/admin/people/1?done=saved")
    assert (await house.database.read(store.get, 1)).person.given == "Johann"


async def test_every_error_is_shown_at_once_and_what_was_typed_stays(client: TestClient) -> None:
    await login(client)
    wrong = TYPED | {"family": "", "ids.0.value": "0000-0002-1825-0098", "affiliations.0.ror": "03yrm5c27", "email": "nobody"}
    wrong |= {"affiliations.0.since": "then"}
    status, _, text = await sent(client, "/admin/people/new", **wrong)
    assert status == 422
    for words in (
        "wrong check character",
        "wrong check digits",
        'value="0000-0002-1825-0098"',
        'value="nobody"',
        "Gregor Johann",
    ):
        assert words in text, words
    assert text.count('aria-invalid="true"') >= 3
    status, _, text = await sent(client, "/admin/people/new", **TYPED | {"email": "nobody"})
    assert (status, "must be an e-mail address" in text) == (422, True)


async def test_an_identifier_of_somebody_else_is_refused_beside_its_field(client: TestClient, house: House) -> None:
    await person(house, Person(family="Curie", given="Marie", ids=(PersonId(value=ORCID),)), looked=False)
    await login(client)
    status, _, text = await sent(client, "/admin/people/new", **TYPED)
    assert status == 422
    assert 'id="f-ids.0.value-error"' in text
    assert "Curie, Marie already" in text


async def test_two_who_change_the_same_person_do_not_overwrite_each_other(client: TestClient, house: House) -> None:
    await person(house, looked=False)
    await login(client)
    assert (await sent(client, "/admin/people/1/edit", **TYPED | {"version": "1"}))[0] == 303
    status, _, text = await sent(client, "/admin/people/1/edit", **TYPED | {"version": "1", "given": "Georg"})
    assert status == 409
    assert "changed by somebody else" in text
    assert 'value="Georg"' in text
    assert (await house.database.read(store.get, 1)).person.given == "Gregor Johann"
    version = re.search(r'name="version" value="(\d+)"', text)[1]
    assert (await sent(client, "/admin/people/1/edit", **TYPED | {"version": version, "given": "Georg"}))[0] == 303


async def test_candidates_are_confirmed_and_refused_on_the_page(client: TestClient, house: House) -> None:
    who = await person(house, Person(family="Mendel", given="Gregor", affiliations=(Post(name="Abbey"),)))
    one = await published(house, 1, work("Peas", agent("Mendel, Gregor", at="Abbey")))
    two = await published(house, 2, work("Bees", agent("Mendel, G.")))
    await login(client)
    text = await seen(client, "/admin/people/1")
    assert text.index("Peas") < text.index("Bees")
    assert "the same institution" in text
    page = f"/admin/people/{who.id}"
    place = f"{one}:creators:0"
    assert (await sent(client, page, f"{page}/works", place=[place], say="linked"))[0] == 303
    assert (await sent(client, page, f"{page}/works", place=[f"{two}:creators:0"], say="refused"))[0] == 303
    assert [link.state for link in await house.database.read(linking.of_record, one)] == [LinkState.LINKED]
    assert [link.state for link in await house.database.read(linking.of_record, two)] == [LinkState.REFUSED]
    text = await seen(client, page)
    assert "confirmed by <bdi>admin</bdi>" in text
    assert "1 work is somebody else" in text
    assert (await sent(client, page, f"{page}/works", say="linked"))[0] == 422
    for bad in ({"place": ["nonsense"], "say": "linked"}, {"place": [place], "say": "candidate"}):
        assert (await sent(client, page, f"{page}/works", **bad))[0] == 400
    assert (await sent(client, page, f"{page}/works", place=[f"{one}:creators:7"], say="linked"))[0] == 409


async def test_two_are_merged_after_a_look_and_parted_again(client: TestClient, house: House) -> None:
    await person(house, MENDEL, looked=False)
    await person(house, Person(family="Mendel", given="Gregor", ids=(PersonId(value=OTHER_ORCID),)), looked=False)
    await login(client)
    assert "other=2" in await seen(client, "/admin/people/1/merge")
    page = "/admin/people/1/merge?other=2"
    assert "0000-0001-5109-3700" in await seen(client, page)
    assert (await sent(client, page, "/admin/people/1/merge", other="2"))[1] == "/admin/people/1?done=people-merged"
    answer = await client.get("/admin/people/2", allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/admin/people/1")
    assert (await sent(client, page, "/admin/people/1/merge", other="2"))[0] == 409
    assert (await sent(client, "/admin/people/1", "/admin/people/1/part", other="2"))[0] == 303
    assert (await client.get("/admin/people/2", allow_redirects=False)).status == 200


async def test_an_account_is_linked_and_unlinked(client: TestClient, house: House) -> None:
    await person(house, msgspec.structs.replace(MENDEL, email="g@example.org"), looked=False)
    (account,) = [one for one in await house.database.read(accounts.every) if one.name == "other"]
    await house.database.write(accounts.set_person, account, "", "g@example.org", proved=True)
    await login(client)
    assert "other has the same e-mail address" in await seen(client, "/admin/people/1")
    assert (await sent(client, "/admin/people/1", "/admin/people/1/account", account="1"))[0] == 303
    assert (await house.database.read(store.of_account, 1)).id == 1
    assert "Logs in as" in await seen(client, "/admin/people/1")
    assert (await sent(client, "/admin/people/1", "/admin/people/1/account", account="999"))[0] == 409
    assert (await sent(client, "/admin/people/1", "/admin/people/1/account"))[0] == 303
    assert await house.database.read(store.of_account, 1) is None
    assert (await sent(client, "/admin/people/1", "/admin/people/1/active", active="no"))[0] == 303
    assert "Mendel" not in (await seen(client, "/admin/people")).split("<main", 1)[1]
    assert "Mendel" in await seen(client, "/admin/people?only=inactive")


async def test_a_spreadsheet_is_shown_first_and_then_brought_in(client: TestClient, house: House) -> None:
    await login(client)

    async def upload(text: bytes) -> tuple[int, str]:
        form = FormData([("csrf", await csrf(client, "/admin/people/import"))])
        form.add_field("file", text, filename="people.csv", content_type="text/csv")
        answer = await client.post("/admin/people/import", data=form)
        return answer.status, await answer.text()

    file = '\ufefffamily,given,note\r\nMendel,Gregor,"two\r\nlines, <b>"\r\nČapek,Karel,\r\n'.encode()
    status, text = await upload(file)
    assert (status, "Bring in 2 people" in text) == (200, True)
    assert (await house.database.read(store.search, store.Search(), 50))[1] == 0
    shown = text.split('<textarea name="text"', 1)[1].split(">\n", 1)[1].split("</textarea>")[0]
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
    digest = re.search(r'name="digest" value="(\w+)"', text)[1]
    as_browsers_send = shown.replace("\n", "\r\n")
    status, lead, _ = await sent(client, "/admin/people/import", text=as_browsers_send, digest=digest)
    assert (status, lead) == (303, "/admin/people?done=people-brought")
    assert (await house.database.read(store.search, store.Search("capek"), 50))[1] == 1
    assert (await sent(client, "/admin/people/import", text=shown + "Darwin,,\n", digest=digest))[0] == 422
    status, text = await upload(b"family,orcid\nMendel,1\n,\nDarwin,2\n")
    assert (status, text.count("is not an ORCID iD")) == (422, 2)
    for junk in (b"\xff\xfe\x00", b"", b"name\nx\n"):
        assert (await upload(junk))[0] == 422
    out = await client.get("/admin/people/export")
    assert out.headers["Content-Disposition"].startswith("attachment")
    assert "Mendel,Gregor" in await out.text()


@pytest.mark.parametrize(
    "path", ["/admin/people/99", "/admin/people/x", "/admin/people/99/edit", "/admin/people/99999999999999999999/merge"]
)
async def test_who_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    await login(client)
    assert (await client.get(path)).status == 404


async def test_what_a_person_is_called_is_no_markup(client: TestClient, house: House) -> None:
    evil = "<script>alert(1)</script>"
    who = await person(house, Person(family=evil, given="%s", note=evil, affiliations=(Post(name=evil),)))
    one = await published(house, 1, work(evil, agent(f"{evil}, X.")))
    place = Place(one, "creators", 0)
    await house.database.write(keeping.decide, who.id, place, LinkState.LINKED, LIBRARIAN, house.clock())
    await login(client)
    for page in (
        "/admin/people",
        "/admin/people/1",
        "/admin/people/1/edit",
        "/admin/people/1/merge",
        "/admin/people/1/merge?other=1",
    ):
        assert evil not in await seen(client, page)


async def test_the_orcid_is_written_into_the_works_that_lack_it_when_asked(client: TestClient, house: House) -> None:
    who = await person(house, Person(family="Mendel", given="Gregor", ids=(PersonId(value=ORCID),)))
    ids = [await published(house, n, work(f"Peas {n}", agent("Nägeli, C."), agent("Mendel, G."))) for n in (1, 2)]
    named = await published(house, 3, work("Bees", agent("Mendel, G.", ORCID)))
    for record_id in ids:
        place = Place(record_id, "creators", 1)
        await house.database.write(keeping.decide, who.id, place, LinkState.LINKED, LIBRARIAN, house.clock())
    await login(client)
    page = "/admin/people/1/orcid"
    assert "Write the ORCID iD into 2 works" in await seen(client, "/admin/people/1")
    text = await seen(client, page)
    assert "Write it into 2 works" in text
    assert "Bees" not in text
    status, lead, _ = await sent(client, page)
    assert (status, lead) == (303, "/admin/jobs/1?done=started")
    await house.worker.drain()
    for record_id in ids:
        stored = await house.database.read(records.get, record_id)
        assert (stored.version, stored.record.creators[1].id_of("orcid")) == (2, ORCID)
        assert stored.record.creators[0].ids == ()
        assert [link.made for link in await house.database.read(linking.of_record, record_id)] == [Made.ID]
    assert (await house.database.read(records.get, named)).version == 1
    assert (
        ORCID
        in await (
            await client.get(f"/oai?verb=GetRecord&metadataPrefix=datacite&identifier=oai:repository.example.org:{ids[0]}")
        ).text()
    )
    assert (await sent(client, page, page))[1] == "/admin/people/1?done=orcid-nowhere"
