"""What is decided about a work, and that all who must know of it do: depositor, public, harvesters, agency, log, whoever listens."""

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import Connection, select

from server.audit.log import Actor
from server.errors import Conflict, Invalid
from server.events.tables import outbox
from server.house import House
from server.items.page import tombstone
from server.records import store
from server.records.store import State
from server.sword import store as sword
from server.sword.model import ContainerState
from server.works import deeds
from tests.conftest import AUTH, Deposit, SetClock, entry
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
    root = etree.fromstring(renderer.metadata("datacite", renderer.kept(stored, doi="10.5072/old")))
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

    before, doi = await house.database.read(deeds.seen, work)
    assert doi == ""
    await writer.revise(work, "Beans")
    with pytest.raises(Conflict, match="somebody else"):
        await house.database.write(deeds.do, house.press, before, None, MENDEL, late, house.clock())


def test_a_reason_is_needed() -> None:
    assert deeds.reason_of("  Because\x00. ") == "Because."
    with pytest.raises(Invalid):
        deeds.reason_of(" \n")
