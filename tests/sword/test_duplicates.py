"""What becomes of a work that is here already: by its DOI, its package, or its title, year and first author."""

import pytest
from sqlalchemy import select, update

from server.accounts.tables import accounts
from server.errors import Conflict
from server.records import store as records
from server.sword import store
from server.sword.duplicates import Other, joined
from server.sword.model import ContainerState, Content
from server.sword.tables import containers
from tests.conftest import AUTH, configured, entry
from tests.sword.conftest import ENTRY, GOOD, OPEN, ZIP, Answer, Depositor
from tests.sword.test_server import OTHER

DOI = "<dcterms:identifier>https://doi.org/10.5555/peas</dcterms:identifier>"
WAYS = {"doi": entry(title="More peas", more=DOI), "title": entry(title="THE peas", more="<dcterms:rights>x</dcterms:rights>")}
PENDING = [{"id": "works", "title": "Works", "import_as": "pending"}]
FIRST = entry(title="The Peas", more=DOI)


async def twice(depositor: Depositor, way: str, policy: str, *who: dict[str, str]) -> tuple[Answer, Answer]:
    """Deposit a work and, under a policy, one that is the same by DOI, package or title."""
    await configured(depositor.house, "sword", **{f"by_{way}": policy})
    if way == "package":
        first = await depositor.create(GOOD, ZIP)
        return first, await depositor.ask("POST", depositor.collection, GOOD, ZIP, {"Slug": "again"}, *who)
    first = await depositor.create(FIRST, ENTRY)
    return first, await depositor.ask("POST", depositor.collection, WAYS[way], ENTRY, *who)


def ways(test: object) -> object:
    return pytest.mark.parametrize("way", ["doi", "package", "title"])(test)


@ways
async def test_it_is_held_with_a_link_to_the_other(depositor: Depositor, way: str) -> None:
    first, second = await twice(depositor, way, "hold")
    assert second.status == 201
    assert (await depositor.state(second))[0] == "held"
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert (row.problem.code, row.problem.value) == (
        f"duplicate-{way}",
        {"doi": "10.5555/peas", "package": "Versuche", "title": "The Peas"}[way],
    )
    assert f"/items/{first.number}" in row.problem.remedy


@ways
async def test_it_is_refused(depositor: Depositor, way: str) -> None:
    first, second = await twice(depositor, way, "refuse")
    assert second.status == 400
    assert f"/items/{first.number}" in second.body.decode()
    [row] = await depositor.rows(state="refused")
    assert row.problem is not None
    assert row.problem.code == f"duplicate-{way}"


@ways
async def test_it_changes_the_work_that_is_here_and_gets_its_receipt(depositor: Depositor, way: str) -> None:
    first, second = await twice(depositor, way, "update")
    assert second.status == 201
    assert second.number == first.number
    stored = await depositor.house.database.read(records.get, first.number)
    assert stored.record.title.value == {"doi": "More peas", "package": "Versuche", "title": "THE peas"}[way]
    rows = await depositor.rows(state="taken")
    assert [row.container_id for row in rows] == [first.number, first.number]
    assert any(event.what == "joined" for event in await depositor.events(rows[-1].id))
    assert len(await depositor.oai()) == 1, "one work, not two"


@ways
async def test_it_becomes_the_next_version(depositor: Depositor, way: str) -> None:
    first, second = await twice(depositor, way, "version")
    assert second.status == 201
    assert second.number != first.number
    stored = await depositor.house.database.read(records.get, second.number)
    assert stored.state == "published"
    assert [related.relation for related in stored.record.related] == ["IsNewVersionOf"]
    named = stored.record.related[0].value
    assert named == "10.5555/peas" if way == "doi" else first.number in named
    assert not stored.record.identifier("doi")


@pytest.mark.parametrize("way", ["package", "title"])
async def test_where_nobody_wants_to_know_it_is_another_work(depositor: Depositor, way: str) -> None:
    first, second = await twice(depositor, way, "off")
    assert (await depositor.state(second))[0] == "accepted"
    assert second.number != first.number


async def test_nobody_changes_the_work_of_somebody_else(depositor: Depositor) -> None:
    first, second = await twice(depositor, "title", "update", OTHER)
    assert second.status == 201
    assert second.number != first.number
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert row.problem.code == "duplicate-title"
    stored = await depositor.house.database.read(records.get, first.number)
    assert stored.record.title.value == "The Peas"


async def test_a_deposit_whose_receipt_was_given_out_changes_no_other(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", by_title="update")
    await depositor.create(FIRST, ENTRY)
    begun = await depositor.create(WAYS["title"], ENTRY, OPEN)
    done = await depositor.ask("POST", begun.edit, b"", {"In-Progress": "false"})
    assert (done.status, done.number) == (200, begun.number)
    assert (await depositor.state(begun))[0] == "held"


async def test_another_year_or_author_is_another_work(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", by_title="hold")
    await depositor.create(FIRST, ENTRY)
    for other in (entry(title="The Peas", issued="1867"), entry(title="The Peas", creator="Darwin, Charles")):
        assert (await depositor.state(await depositor.create(other, ENTRY)))[0] == "accepted"


async def test_the_same_bytes_again_are_a_retry_whatever_the_policy(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", by_title="refuse", by_package="refuse", by_doi="refuse")
    first = await depositor.create(FIRST, ENTRY)
    second = await depositor.create(FIRST, ENTRY)
    assert second.number == first.number
    [row] = await depositor.rows()
    assert row.retries == 1


async def test_the_container_that_was_begun_for_a_change_is_gone(depositor: Depositor) -> None:
    first, _ = await twice(depositor, "title", "update")
    house = depositor.house
    account = (await house.database.read(store.container, first.number)).account_id  # type: ignore[union-attr]
    standing = await house.database.read(store.containers_of, account, "works")
    assert [each.id for each in standing] == [first.number]
    assert standing[0].state is ContainerState.ACCEPTED
    feed = await depositor.ask("GET", depositor.collection, None, AUTH)
    assert len(feed.all("//a:entry")) == 1


async def test_of_a_work_that_is_not_public_nothing_is_told_to_others(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", collections=PENDING)
    first, second = await twice(depositor, "title", "hold", OTHER)
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert row.problem.code == "duplicate-title"
    said = second.body.decode() + row.problem.message + row.problem.remedy + row.problem.value
    assert "The Peas" not in said
    assert first.number not in said


async def test_the_owner_is_led_to_a_work_that_is_not_public(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", collections=PENDING)
    first, _ = await twice(depositor, "title", "hold")
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert f"/my/works/{first.number}" in row.problem.remedy


async def test_a_depositor_is_told_what_a_depositor_can_do(depositor: Depositor) -> None:
    await depositor.create(entry(title="Peas", type="Wunderkammer"), ENTRY)
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert "PUT" in row.problem.remedy
    assert "read these imports again" not in row.problem.remedy


@pytest.mark.parametrize("meanwhile", ["withdrawn", "of somebody else"])
async def test_what_changed_since_it_was_found_is_not_joined(depositor: Depositor, meanwhile: str) -> None:
    await configured(depositor.house, "sword", by_title="hold")
    first = await depositor.create(FIRST, ENTRY)
    second = await depositor.create(WAYS["title"], ENTRY)
    [row] = await depositor.rows(state="held")
    database = depositor.house.database
    begun = await database.read(store.container, second.number)
    stored = await database.read(records.get, first.number)
    assert begun is not None
    theirs = await database.read(store.container, first.number)
    other = Other(first.number, "The Peas", stored.state, "title", "update", theirs, "")
    assert other.may_change(begun.account_id)
    if meanwhile == "withdrawn":
        assert (await depositor.ask("DELETE", first.edit)).status == 204
    else:
        strange = select(accounts.c.id).where(accounts.c.id != begun.account_id).limit(1).scalar_subquery()
        await database.write(lambda tx: tx.execute(update(containers).values(account_id=strange)).rowcount)
    with pytest.raises(Conflict) as raised:
        await database.write(joined, row, begun, other, Content())
    assert raised.value.code == "changed"
    left = await database.read(store.container, second.number)
    assert left is not None
    assert left.state is begun.state
