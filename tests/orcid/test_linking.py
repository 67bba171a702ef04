"""Linking one's ORCID iD: there and back, bound to the session; what is refused, and in which words; unlinking."""

from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, select, update

from server.app import SEALED
from server.audit.log import Asked, search
from server.orcid import links
from server.orcid.kind import test as try_connection
from server.orcid.model import Consent, Grant
from server.orcid.sweep import push
from server.orcid.tables import orcid_links
from server.people import keeping
from server.people import store as people
from server.people.model import Person, PersonId
from server.people.tables import person_ids
from server.profiles.rotation import rotate
from server.profiles.seal import Seal
from tests.admin.visits import csrf, login
from tests.fakes.orcid import CURIE, MENDEL
from tests.orcid.conftest import IRI, Desk
from tests.people.visits import LIBRARIAN, agent, person, published, work

PAGE = "/my/orcid"


async def leave(client: TestClient) -> str:
    """Press the button, and return where one is sent."""
    answer = await client.post(f"{PAGE}/link", data={"csrf": await csrf(client, PAGE)}, allow_redirects=False)
    assert answer.status == 200, await answer.text()
    return answer.headers["Refresh"].partition("url=")[2]


async def come(client: TestClient, address: str):
    """Log in at ORCID, and follow where it sends one back to."""
    async with client.session.get(address, allow_redirects=False, headers={"Cookie": ""}) as answer:
        assert answer.status == 302, await answer.text()
        back = urlsplit(answer.headers["Location"])
    assert back.path == "/my/orcid/back"
    return await client.get(f"{back.path}?{back.query}", allow_redirects=False)


@pytest.fixture
async def gregor(client: TestClient, desk: Desk) -> TestClient:
    await login(client, "gregor")
    return client


async def link_of(desk: Desk):
    return await desk.house.database.read(links.find, desk.who.id)


async def test_there_and_back(gregor: TestClient, desk: Desk, registry: None) -> None:
    await desk.settings(target="production", endpoint="")
    number = await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    assert "typed in, not confirmed" in await (await gregor.get("/my/profile")).text()
    address = await leave(gregor)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "/read-limited /activities/update"
    assert asked["redirect_uri"] == "https://repository.example.org/my/orcid/back"
    assert len(asked["state"]) >= 43
    answer = await come(gregor, address)
    assert answer.headers["Location"] == f"{PAGE}?done=orcid-linked"
    link = await link_of(desk)
    assert (link.orcid, link.state, link.name) == (MENDEL, Consent.VALID, "Gregor Mendel")
    assert link.expires is not None
    (token,) = desk.fake.tokens
    assert links.token_of(link, desk.house.seal) == token
    assert token.encode() not in link.sealed, "sealed"
    assert ("orcid", IRI) in await desk.house.database.read(people.proved, desk.who.id)
    assert "confirmed by its registry" in await (await gregor.get("/my/profile")).text()
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1, "works from before are brought there, too"
    assert "on the record" in await (await gregor.get(PAGE)).text()
    item = await (await gregor.get(f"/items/{number}")).text()
    assert "ORCID iD, authenticated" in item
    noted = await desk.house.database.read(search, Asked(subject_kind="person", subject=str(desk.who.id)), 9)
    assert "orcid.linked" in {one.deed for one in noted}
    assert token not in str(noted)


async def test_a_sandbox_says_nothing_of_anybody(gregor: TestClient, desk: Desk) -> None:
    assert (await come(gregor, await leave(gregor))).status == 303
    assert await link_of(desk) is not None
    assert await desk.house.database.read(people.proved, desk.who.id) == set()
    assert "trial with the sandbox" in await (await gregor.get(PAGE)).text()


async def test_the_page_speaks_to_whom_the_record_belongs(gregor: TestClient, desk: Desk) -> None:
    where = (await come(gregor, await leave(gregor))).headers["Location"]
    page = unescape(await (await gregor.get(where)).text())
    assert "Works that are known to be yours are brought to your record." in page
    assert "Ask the library to confirm that it is yours." in page

    def locked(tx: Connection) -> None:
        tx.execute(update(orcid_links).values(state=Consent.LOCKED.value))

    await desk.house.database.write(locked)
    page = unescape(await (await gregor.get(PAGE)).text())
    assert "ORCID locked your record. Ask ORCID to unlock it; then link the iD again." in page
    assert "he person" not in page


def test_every_obstacle_is_said_to_the_person_and_to_others() -> None:
    assert links.MINE.keys() == links.WORDS.keys() == {None, *Consent} - {Consent.VALID}
    assert not any("he person" in said for said in links.MINE.values())


async def test_whoever_says_no_is_not_linked(gregor: TestClient, desk: Desk) -> None:
    desk.fake.denies = True
    answer = await come(gregor, await leave(gregor))
    assert answer.status == 400
    assert "You did not permit it" in await answer.text()
    assert await link_of(desk) is None


async def test_too_little_permitted_is_refused(gregor: TestClient, desk: Desk) -> None:
    desk.fake.scope = "/read-limited"
    answer = await come(gregor, await leave(gregor))
    assert "to read, but not to write" in await answer.text()
    assert await link_of(desk) is None


async def test_the_way_back_belongs_to_the_session_that_left(gregor: TestClient, desk: Desk) -> None:
    address = await leave(gregor)
    await login(gregor, "gregor")  # another session of the same account
    answer = await come(gregor, address)
    assert answer.status == 400
    assert "belongs to another session" in await answer.text()
    assert await link_of(desk) is None
    address = await leave(gregor)
    await login(gregor, "depositor")
    assert (await come(gregor, address)).status == 400
    await login(gregor, "gregor")
    desk.clock.pass_time(hours=1)
    await login(gregor, "gregor")
    assert (await gregor.get("/my/orcid/back?code=x&state=y")).status == 400
    assert (await gregor.get("/my/orcid/back")).status == 400


async def test_a_code_is_good_once_and_orcid_may_fail(gregor: TestClient, desk: Desk) -> None:
    address = await leave(gregor)
    desk.fake.codes = _Forgetful()
    answer = await come(gregor, address)
    assert answer.status == 400
    assert "ORCID answered 400" in await answer.text()
    await desk.settings(client_secret="a wrong one")
    desk.fake.codes = {}
    answer = await come(gregor, await leave(gregor))
    text = await answer.text()
    assert "ORCID answered 401" in text
    assert "a wrong one" not in text


class _Forgetful(dict[str, tuple[str, str, str]]):
    """Codes that are gone when they are asked for."""

    def pop(self, _code: str, default: tuple[str, str, str] = ("", "", "")) -> tuple[str, str, str]:  # type: ignore[override]
        return default


async def test_another_iD_than_the_profile_names_is_refused(  # noqa: N802 -- ORCID writes it so
    gregor: TestClient, desk: Desk, registry: None
) -> None:
    await desk.settings(target="production", endpoint="")
    desk.fake.user = CURIE
    answer = await come(gregor, await leave(gregor))
    assert answer.status == 409
    assert f"ORCID says {CURIE}, but the profile names {MENDEL}" in await answer.text()
    assert not desk.fake.tokens, "what cannot be kept is given back"
    assert await link_of(desk) is None


async def test_an_id_of_somebody_else_here_is_refused(gregor: TestClient, desk: Desk, registry: None) -> None:
    await desk.settings(target="production", endpoint="")
    kept = await desk.house.database.read(people.get, desk.who.id)
    nobody = Person(family="Mendel")
    await desk.house.database.write(keeping.change, kept.id, kept.version, nobody, LIBRARIAN, desk.clock())
    other = await person(desk.house, Person(family="Mendel", given="Anton", ids=(PersonId(value=IRI),)), looked=False)
    answer = await come(gregor, await leave(gregor))
    assert "belongs to another person here" in await answer.text()
    await desk.house.database.write(lambda tx: tx.execute(person_ids.update().values(claimed=True)))
    assert (await come(gregor, await leave(gregor))).status == 303, "who only said so gives way"
    assert not (await desk.house.database.read(people.get, other.id)).person.ids
    assert (await desk.house.database.read(people.get, desk.who.id)).person.id_of("orcid") == IRI


async def test_a_co_authors_record_gets_the_id_when_it_is_linked(gregor: TestClient, desk: Desk, registry: None) -> None:
    settings = await desk.settings(target="production", endpoint="")
    hers = PersonId(value=f"https://orcid.org/{CURIE}")
    marie = await person(desk.house, Person(family="Curie", given="Marie", ids=(hers,)))
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI), agent("Curie, Marie", hers.value)))
    grant = Grant(CURIE, desk.fake.grant(CURIE))
    await desk.house.database.write(links.link, settings, desk.house.seal, marie.id, grant, LIBRARIAN, desk.clock())
    await desk.house.database.write(push, marie.id, desk.clock())
    await desk.house.worker.drain()
    assert iris(desk) == [hers.value], "the other's is only typed in"
    await come(gregor, await leave(gregor))
    await desk.house.worker.drain()
    assert iris(desk) == [IRI, hers.value]
    await gregor.post(f"{PAGE}/unlink", data={"csrf": await csrf(gregor, PAGE)}, allow_redirects=False)
    await desk.house.worker.drain()
    assert iris(desk) == [hers.value]


def iris(desk: Desk) -> list[str | None]:
    (element,) = desk.fake.ours(CURIE).values()
    return [one.text for one in element.iter("{http://www.orcid.org/ns/common}uri")]


async def test_one_record_is_linked_once(gregor: TestClient, desk: Desk) -> None:
    other = await person(desk.house, Person(family="Curie"), looked=False)
    await desk.link(MENDEL, other)
    answer = await come(gregor, await leave(gregor))
    assert "belongs to another person here" in await answer.text()
    assert len(desk.fake.tokens) == 2, "ORCID may have handed out the one that is in use"


async def test_unlinking_gives_the_permission_back(gregor: TestClient, desk: Desk, registry: None) -> None:
    await desk.settings(target="production", endpoint="")
    await published(desk.house, 1, work("Peas", agent("Mendel, Gregor", IRI)))
    await come(gregor, await leave(gregor))
    await desk.house.worker.drain()
    answer = await gregor.post(f"{PAGE}/unlink", data={"csrf": await csrf(gregor, PAGE)}, allow_redirects=False)
    assert answer.headers["Location"] == f"{PAGE}?done=orcid-unlinked"
    assert not desk.fake.tokens
    assert await link_of(desk) is None
    assert len(desk.fake.ours(MENDEL)) == 1, "what is on the record stays its owner's"
    kept = await desk.house.database.read(people.get, desk.who.id)
    assert kept.person.id_of("orcid") == IRI
    assert not await desk.house.database.read(people.proved, desk.who.id)
    await come(gregor, await leave(gregor))
    await desk.house.worker.drain()
    assert len(desk.fake.ours(MENDEL)) == 1, "linked again, it is known under its number"
    await desk.fake.stop()
    answer = await gregor.post(f"{PAGE}/unlink", data={"csrf": await csrf(gregor, PAGE)}, allow_redirects=False)
    assert answer.headers["Location"] == f"{PAGE}?done=orcid-unlinked-only"
    assert await link_of(desk) is None


async def test_who_is_nobody_yet_is_asked_first(client: TestClient, desk: Desk) -> None:
    await login(client, "depositor")
    page = unescape(await (await client.get(PAGE)).text())
    assert "Say first who you are" in page
    data = {"csrf": await csrf(client, "/my/profile/edit")}
    answer = await client.post(f"{PAGE}/link", data=data, allow_redirects=False)
    assert answer.headers["Location"] == "/my/profile/edit?done=profile-first"


async def test_the_connection_is_tested(desk: Desk) -> None:
    async def tried(**fields: str) -> tuple[bool, str]:
        found = await try_connection(await desk.settings(**fields), desk.house.session)
        return found.agrees, found.message

    assert await tried() == (True, "ORCID knows the client APP-0123456789ABCDEF at the sandbox.")
    assert await tried(client_secret="a wrong one") == (
        False, "ORCID answered 401: invalid_client: Client not found or bad secret.",
    )  # fmt: skip
    await desk.fake.stop()
    agrees, message = await tried()
    assert not agrees
    assert "No answer of 127.0.0.1" in message


async def test_without_a_profile_nothing_is_offered(client: TestClient, house) -> None:
    await login(client, "admin")
    assert "ORCID is not set up here" in await (await client.get(PAGE)).text()
    assert "/my/orcid" not in await (await client.get("/my/profile")).text()
    data = {"csrf": await csrf(client, "/my/profile/edit")}
    assert (await client.post(f"{PAGE}/link", data=data)).status == 404


async def test_another_key_seals_the_tokens_anew(desk: Desk) -> None:
    link = await desk.link()
    (column,) = [one for one in SEALED if one.table is orcid_links]
    newer = Seal(b"another key", b"only for tests")
    (rotated,) = await rotate(desk.house.database, newer, (column,))
    assert (rotated.anew, rotated.lost) == (1, 0)
    sealed = await desk.house.database.read(lambda tx: tx.execute(select(orcid_links.c.sealed)).scalar_one())
    assert sealed != link.sealed
    assert b"access" in Seal(b"another key").open(sealed)
