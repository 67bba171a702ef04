"""What is decided about a work, and that all who must know of it do: depositor, public, harvesters, agency, log, whoever listens."""

from collections.abc import Callable

import msgspec
import pytest
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import Connection, select

from server.accounts import store as accounts
from server.accounts.model import Role
from server.audit import log as audit
from server.audit.log import Actor, Asked
from server.errors import Conflict, Invalid
from server.events.tables import outbox
from server.house import House
from server.items.page import tombstone
from server.metadata.work import Names
from server.records import changes, store
from server.records.model import Text
from server.records.store import State
from server.sword import store as sword
from server.sword.model import ContainerState
from server.works import deeds, saving
from tests.admin.visits import csrf, login
from tests.conftest import AUTH, HASH, Deposit, SetClock, entry
from tests.writers import Writer

MENDEL = Actor("mendel")


class Approvals:
    """A repository in which deposits wait for approval."""

    @pytest.fixture
    def seeds(self) -> dict[str, str]:
        return {"import_as": "pending"}


async def told(house: House) -> list[tuple[str, str]]:
    def read(tx: Connection) -> list[tuple[str, str]]:
        return [(row.type, row.subject) for row in tx.execute(select(outbox).order_by(outbox.c.seq))]

    return await house.database.read(read)


class TestDeposits(Approvals):
    async def test_a_returned_deposit_says_why_and_waits_again_once_it_is_mended(
        self, client: TestClient, house: House, deposit: Deposit, clock: SetClock
    ) -> None:
        work = await deposit(title="Peas")
        assert (await house.database.read(store.get, work)).state is State.PENDING
        await deeds.carried_out(house, work, MENDEL, deeds.returned("Name the seventh trait."))
        statement = await (await client.get(f"/sword/v2/statement/{work}", headers=AUTH)).text()
        assert "net/sword/state/returned" in statement
        assert "Name the seventh trait." in statement
        receipt = await (await client.get(f"/sword/v2/edit/{work}", headers=AUTH)).text()
        assert "Name the seventh trait." in receipt
        assert ("record.returned", work) in await told(house)
        clock.pass_time(minutes=1)
        headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
        assert (await client.put(f"/sword/v2/edit/{work}", data=entry(title="Seven traits"), headers=headers)).status == 200
        stored = await house.database.read(store.get, work)
        assert (stored.state, stored.reason, stored.record.title.value) == (State.PENDING, None, "Seven traits")
        statement = await (await client.get(f"/sword/v2/statement/{work}", headers=AUTH)).text()
        assert "net/sword/state/pending" in statement
        assert "seventh" not in statement
        assert (await client.get(f"/items/{work}")).status == 404

    async def test_a_work_approved_here_is_accepted_there(self, client: TestClient, house: House, deposit: Deposit) -> None:
        work = await deposit()
        await deeds.carried_out(house, work, MENDEL, deeds.approve)
        assert (await house.database.read(sword.container, work)).state is ContainerState.ACCEPTED
        assert (await client.get(f"/items/{work}")).status == 200
        assert [kind for kind, _ in await told(house)] == ["import.taken", "record.published"]
        with pytest.raises(Conflict):
            await deeds.carried_out(house, work, MENDEL, deeds.returned("Too late."))


async def test_a_withdrawn_work_names_what_took_its_place(client: TestClient, house: House) -> None:
    writer = Writer(house.database, house.press, house.clock)
    old, new = await writer.publish("Peas"), await writer.publish("Peas, mended")
    await deeds.carried_out(house, old, MENDEL, deeds.taken_away("Wrong counts.", new.lower()))
    stored = await house.database.read(store.get, old)
    assert (stored.state, stored.reason, stored.replacement) == (State.WITHDRAWN, "Wrong counts.", new)
    answer = await client.get(f"/items/{old}")
    page = await answer.text()
    assert answer.status == 410
    assert "Wrong counts." in page
    assert f'href="https://repository.example.org/items/{new}"' in page
    renderer = house.press.renderer
    root = etree.fromstring(renderer.metadata("datacite", renderer.kept(stored, names=Names(doi="10.5072/old"))))
    (related,) = root.xpath("//*[local-name()='relatedIdentifier'][@relationType='IsObsoletedBy']")
    assert (related.get("relatedIdentifierType"), related.text) == ("URL", f"https://repository.example.org/items/{new}")
    await deeds.carried_out(house, old, MENDEL, deeds.restore)
    stored = await house.database.read(store.get, old)
    assert (stored.state, stored.reason, stored.replacement) == (State.PUBLISHED, None, None)
    events = [kind for kind, subject in await told(house) if subject == old]
    assert events == ["record.published", "record.withdrawn", "record.published"]


REPLACEMENTS = {
    "10.5072/ELSEWHERE": ("10.5072/elsewhere", "https://doi.org/10.5072/elsewhere"),
    "https://doi.org/10.5072/elsewhere": ("10.5072/elsewhere", "https://doi.org/10.5072/elsewhere"),
    "https://example.org/peas": ("https://example.org/peas", "https://example.org/peas"),
}


async def test_a_replacement_is_a_work_a_doi_or_an_address(house: House) -> None:
    writer = Writer(house.database, house.press, house.clock)
    work = await writer.publish("Peas")
    for given, (kept, address) in REPLACEMENTS.items():
        stored = await deeds.carried_out(house, work, MENDEL, deeds.taken_away("Moved.", given))
        assert stored.replacement == kept
        said = tombstone(stored, (), house.press.renderer.repository).replacement
        assert said is not None
        assert said.href == address
        await deeds.carried_out(house, work, MENDEL, deeds.restore)
    for given in (work, "01J00000000000000000000000", "javascript:alert(1)", "somewhere else", "https://example.org/a b"):
        with pytest.raises(Invalid):
            await deeds.carried_out(house, work, MENDEL, deeds.taken_away("Moved.", given))
    assert (await house.database.read(store.get, work)).state is State.PUBLISHED


async def test_an_earlier_version_comes_back_as_a_new_one(house: House) -> None:
    writer = Writer(house.database, house.press, house.clock)
    work = await writer.publish("Peas")
    await writer.revise(work, "Beans")
    old = await house.database.read(store.version, work, 1)
    stored = await deeds.carried_out(house, work, MENDEL, deeds.brought_back(1), old.record)
    assert (stored.version, stored.record.title.value) == (3, "Peas")
    assert [number for number, _ in await house.database.read(store.versions, work)] == [2, 1]


async def test_a_work_that_changed_since_it_was_read_is_left_alone(house: House) -> None:
    writer = Writer(house.database, house.press, house.clock)
    work = await writer.publish("Peas")

    def late(tx, press, stored, prepared, by, now):
        raise AssertionError("never reached")

    before, names = await house.database.read(deeds.seen, work)
    assert names == Names()
    await writer.revise(work, "Beans")
    with pytest.raises(Conflict, match="somebody else"):
        await house.database.write(deeds.do, house.press, before, None, MENDEL, late, house.clock())


def test_a_reason_is_needed() -> None:
    assert deeds.reason_of("  Because\x00. ") == "Because."
    with pytest.raises(Invalid):
        deeds.reason_of(" \n")


async def standing(client: TestClient, house: House, state: State) -> str:
    """Bring a work by SWORD and let it come to stand in a state."""
    headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    answer = await client.post("/sword/v2/collection/works", data=entry(title=sword.new_id()), headers=headers)
    work = answer.headers["Location"].rsplit("/", 1)[1]
    ways: dict[State, tuple[deeds.Deed, ...]] = {
        State.PENDING: (),
        State.RETURNED: (deeds.returned("Count again."),),
        State.DECLINED: (deeds.declined("Not for here."),),
        State.PUBLISHED: (deeds.approve,),
        State.WITHDRAWN: (deeds.approve, deeds.taken_away("Wrong.")),
    }
    for deed in ways.get(state, ()):
        await deeds.carried_out(house, work, MENDEL, deed)
    if state is State.DRAFT:
        stored = await house.database.read(store.get, work)
        await house.database.write(store.replace, stored, stored.record, house.clock(), state=State.DRAFT)
    return work


#: What each deed makes of a work in each state; a state that is not named refuses it.
BECOMES = {
    "approve": {State.DRAFT: State.PUBLISHED, State.PENDING: State.PUBLISHED, State.RETURNED: State.PUBLISHED},
    "return": {State.DRAFT: State.RETURNED, State.PENDING: State.RETURNED, State.RETURNED: State.RETURNED},
    "decline": {State.PENDING: State.DECLINED, State.RETURNED: State.DECLINED},
    "reopen": {State.DECLINED: State.PENDING},
    "withdraw": {state: State.WITHDRAWN for state in State if state is not State.WITHDRAWN},
    "restore": {State.WITHDRAWN: State.PUBLISHED},
}
#: Who may do each deed.
MAY = {
    "approve": {Role.REVIEWER, Role.MANAGER, Role.ADMIN},
    "return": {Role.REVIEWER, Role.MANAGER, Role.ADMIN},
    "decline": {Role.REVIEWER, Role.MANAGER, Role.ADMIN},
    "reopen": {Role.REVIEWER, Role.MANAGER, Role.ADMIN},
    "withdraw": {Role.MANAGER, Role.ADMIN},
    "restore": {Role.MANAGER, Role.ADMIN},
}


class TestEveryDeedInEveryState(Approvals):
    async def test_who_may_do_what_and_what_becomes_of_it(self, client: TestClient, house: House) -> None:
        """Who may not is refused; who may least does it."""
        visits: dict[Role, tuple[str, str]] = {}
        for role in reversed(Role):
            name = role.value if role in {Role.ADMIN, Role.DEPOSITOR} else f"some-{role.value}"
            if name.startswith("some-"):
                await house.database.write(accounts.add, name, role, HASH, house.clock())
            client.session.headers.pop("Cookie", None)  # whoever logs in anew ends the session before
            client.session.cookie_jar.clear()
            await login(client, name)
            visits[role] = (client.session.headers["Cookie"], await csrf(client, "/account"))
        for deed, becomes in BECOMES.items():
            least = Role.REVIEWER if Role.REVIEWER in MAY[deed] else Role.MANAGER
            for state in State:
                work = await standing(client, house, state)
                before = len(await house.database.read(audit.search, Asked(subject=work), 99))
                for role in (*(role for role in Role if role not in MAY[deed]), least):
                    client.session.headers["Cookie"], proof = visits[role]
                    given = {"csrf": proof, "reason": "Because."}
                    answer = await client.post(f"/admin/works/{work}/{deed}", data=given, allow_redirects=False)
                    found = await house.database.read(store.get, work)
                    noted = len(await house.database.read(audit.search, Asked(subject=work), 99)) - before
                    expected = (303, becomes[state], 1) if state in becomes else (409, state, 0)
                    if role not in MAY[deed]:
                        expected = (403, state, 0)
                    assert (answer.status, found.state, noted) == expected, (deed, state, role)

    async def test_what_was_withdrawn_unpublished_is_changed_by_nobody_until_it_is_restored(
        self, client: TestClient, house: House, deposit: Deposit
    ) -> None:
        work = await deposit()
        await deeds.carried_out(house, work, MENDEL, deeds.taken_away("Not for here."))
        assert (await house.database.read(sword.container, work)).state is ContainerState.WITHDRAWN
        headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
        assert (await client.put(f"/sword/v2/edit/{work}", data=entry(title="Beans"), headers=headers)).status == 405
        assert (await house.database.read(sword.container, work)).state is ContainerState.WITHDRAWN
        statement = await (await client.get(f"/sword/v2/statement/{work}", headers=AUTH)).text()
        assert "net/sword/state/withdrawn" in statement
        assert "Not for here." in statement
        await deeds.carried_out(house, work, MENDEL, deeds.restore)
        assert (await house.database.read(sword.container, work)).state is ContainerState.ACCEPTED


def in_order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is written last: lines of the log and of a deposit's history, and the stamp."""
    seen: list[str] = []
    for module, name in ((audit, "note"), (sword, "note"), (changes, "stamp")):
        inner = getattr(module, name)

        def outer(*args: object, _inner: Callable[..., object] = inner, _name: str = name, **more: object) -> object:
            seen.append(_name)
            return _inner(*args, **more)

        monkeypatch.setattr(module, name, outer)
    return seen


async def test_the_stamp_comes_last_and_sword_notes_itself(
    client: TestClient, house: House, deposit: Deposit, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = in_order(monkeypatch)
    work = await deposit()
    assert seen[-1] == "stamp"
    headers = AUTH | {"Content-Type": "application/atom+xml;type=entry"}
    seen.clear()
    assert (await client.put(f"/sword/v2/edit/{work}", data=entry(title="Beans"), headers=headers)).status == 200
    assert seen[-1] == "stamp"
    stored = await house.database.read(store.get, work)
    other = msgspec.structs.replace(stored.record, title=Text(value="Peas again"))
    for deed, record in ((saving.change, other), (deeds.brought_back(1), stored.record)):
        seen.clear()
        await deeds.carried_out(house, work, MENDEL, deed, record)
        assert seen == ["note", "stamp"]
    seen.clear()
    assert (await client.delete(f"/sword/v2/edit/{work}", headers=AUTH)).status == 204
    assert seen[-1] == "stamp"
    lines = await house.database.read(audit.search, Asked(subject=work), 99)
    by_sword = [(line.deed, line.actor.name) for line in lines if line.actor.via == "sword"]
    assert by_sword == [(f"record.{deed}", "depositor") for deed in ("withdrawn", "changed", "created")]
