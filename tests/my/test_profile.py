"""My profile: what I say of myself; what others said stays; works are found by it."""

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection, update

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.house import House
from server.people import keeping, store
from server.people.model import Person, PersonId
from server.people.tables import person_ids
from tests.admin.visits import csrf, login
from tests.conftest import HASH
from tests.people.visits import LIBRARIAN, ORCID, agent, person, published, work

EDIT = "/my/profile/edit"
TYPED = {"family": "Mendel", "given": "Gregor", "ids.0.scheme": "orcid", "ids.0.value": "0000-0002-1825-0097", "version": "0"}


@pytest.fixture
async def gregor(house: House, client: TestClient) -> Account:
    account = await house.database.write(accounts.add, "gregor", Role.RESEARCHER, HASH, house.clock())
    await login(client, "gregor")
    return account


async def sent(client: TestClient, **typed: str) -> tuple[int, str]:
    answer = await client.post(EDIT, data={"csrf": await csrf(client, EDIT)} | typed, allow_redirects=False)
    return answer.status, await answer.text()


async def test_whoever_says_who_they_are_finds_their_works(client: TestClient, house: House, gregor: Account) -> None:
    await published(house, 1, work("Peas", agent("Mendel, G.", ORCID)))
    await published(house, 2, work("Bees", agent("Mendel, G.")))
    assert "Peas" not in await (await client.get("/my")).text()
    assert (await sent(client, **TYPED))[0] == 303
    await house.worker.drain()
    text = await (await client.get("/my")).text()
    assert "Peas" not in text  # only what they typed in themselves: somebody must confirm it
    assert "Bees" not in text  # only a name
    text = await (await client.get("/my/profile")).text()
    assert "typed in, not confirmed by its registry" in text
    kept = await house.database.read(store.of_account, gregor.id)
    await house.database.write(keeping.change, kept.id, kept.version, kept.person, LIBRARIAN, house.clock())
    await house.worker.drain()
    text = await (await client.get("/my")).text()
    assert "Peas" in text
    assert "Bees" not in text
    assert (await sent(client, **TYPED | {"given": "Johann", "version": str(kept.version)}))[0] == 303
    assert (await house.database.read(store.of_account, gregor.id)).person.given == "Johann"


async def test_what_others_keep_of_them_stays(client: TestClient, house: House, gregor: Account) -> None:
    who = await person(house, Person(family="Mendel", note="abbot", email="g@example.org"), looked=False)
    await house.database.write(keeping.set_account, who.id, gregor.id, LIBRARIAN, house.clock())
    page = await (await client.get(EDIT)).text()
    assert "abbot" not in page
    assert "g@example.org" not in page
    assert (await sent(client, **TYPED | {"version": "2", "note": "saint", "email": "x@example.org"}))[0] == 303
    after = (await house.database.read(store.get, who.id)).person
    assert (after.given, after.note, after.email) == ("Gregor", "abbot", "g@example.org")


async def test_another_persons_identifier_cannot_be_taken(client: TestClient, house: House, gregor: Account) -> None:
    await person(house, Person(family="Curie", ids=(PersonId(value=ORCID),)), looked=False)
    status, text = await sent(client, **TYPED)
    assert status == 409
    assert 'id="f-ids.0.value-error"' in text
    assert await house.database.read(store.of_account, gregor.id) is None


async def test_a_confirmed_identifier_stays_and_an_old_form_overwrites_nothing(
    client: TestClient, house: House, gregor: Account
) -> None:
    assert (await sent(client, **TYPED))[0] == 303
    await house.database.write(_prove)
    status, text = await sent(client, family="Mendel", version="2")
    assert status == 409
    assert "cannot be taken away here" in text
    assert (await sent(client, **TYPED | {"version": "1", "given": "Old"}))[0] == 409
    assert "confirmed by its registry" in await (await client.get("/my/profile")).text()


async def test_whoever_proved_the_e_mail_address_of_a_person_is_offered_to_be_them(
    client: TestClient, house: House, gregor: Account
) -> None:
    async def claimed(number: int) -> int:
        form = {"csrf": await csrf(client, "/my/profile"), "person": str(number)}
        return (await client.post("/my/profile/claim", data=form, allow_redirects=False)).status

    who = await person(house, Person(family="Mendel", email="g@example.org"), looked=False)
    other = await person(house, Person(family="Curie", email="c@example.org"), looked=False)
    assert "Is this you?" not in await (await client.get("/my/profile")).text()
    assert await claimed(who.id) == 403
    await house.database.write(accounts.set_person, gregor, "", "g@example.org", proved=False)
    assert await claimed(who.id) == 403
    await house.database.write(accounts.prove_email, gregor.id)
    assert "Is this you?" in await (await client.get("/my/profile")).text()
    assert await claimed(other.id) == 403
    twin = await person(house, Person(family="Mendel", given="Anton", email="g@example.org"), looked=False)
    assert await claimed(who.id) == 403  # two people have it
    await house.database.write(keeping.set_active, twin.id, False, LIBRARIAN, house.clock())
    assert await claimed(who.id) == 303
    assert (await house.database.read(store.of_account, gregor.id)).id == who.id


def _prove(tx: Connection) -> None:
    tx.execute(update(person_ids).values(proved=True))
