"""Content that is wrong is held and can be mended; what comes twice is one; what comes at once is in order; what is large waits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from server.sword import store
from server.sword.model import DepositState
from tests.conftest import AUTH, Deposit, entry
from tests.sword.conftest import ENTRY, GOOD, MODS, OPEN, PDF, ZIP, Depositor, archive, related

BAD_ZIP = archive(mods_xml=b"<mods>", peas_csv=b"1")
NO_TITLE = b'<entry xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://purl.org/dc/terms/"><d:creator>Mendel</d:creator></entry>'
DOI = b"<dcterms:identifier>https://doi.org/10.1234/peas</dcterms:identifier>"
HELD: dict[str, tuple[bytes, dict[str, str], str]] = {
    "no zip": (b"%PDF-1.4", ZIP, "archive-broken"),
    "zip of nothing": (archive(), ZIP, "archive-empty"),
    "traversal": (archive(**{"../evil": b"x"}), ZIP, "archive-unsafe"),
    "broken metadata": (BAD_ZIP, ZIP, "xml"),
    "two metadata documents": (archive(mods_xml=MODS, more_xml=MODS), ZIP, "metadata-twice"),
    "entry without title": (NO_TITLE, ENTRY, ""),
    "multipart with a zip that is none": (*related(entry(), b"no zip"), "archive-broken"),
}  # fmt: skip


@pytest.mark.parametrize("in_progress", [False, True])
@pytest.mark.parametrize(("body", "headers", "code"), HELD.values(), ids=HELD.keys())
async def test_wrong_content_is_held_and_told(
    depositor: Depositor, body: bytes, headers: dict[str, str], code: str, in_progress: bool
) -> None:
    receipt = await depositor.create(body, headers, {"In-Progress": str(in_progress)})
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert not code or row.problem.code == code
    assert depositor.kept(row) == body
    state, description = await depositor.state(receipt)
    assert state == "held"
    for words in (row.problem.message, row.problem.place, row.problem.remedy, row.id):
        assert words in description
        assert words in receipt.text("s:treatment")
    assert await depositor.oai() == []
    assert depositor.left() == []
    assert [event.what for event in await depositor.events(row.id)] == ["received", "held"]


async def test_a_held_package_is_mended_at_the_em_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(BAD_ZIP, ZIP)
    assert (await depositor.ask("PUT", receipt.media, GOOD, ZIP)).status == 204
    assert (await depositor.state(receipt))[0] == "accepted"
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]


async def test_a_held_package_in_progress_is_mended_and_stays_in_progress(depositor: Depositor) -> None:
    receipt = await depositor.create(BAD_ZIP, ZIP, OPEN)
    assert (await depositor.ask("PUT", receipt.media, GOOD, ZIP)).status == 204
    assert (await depositor.state(receipt))[0] == "in-progress"
    assert (await depositor.ask("POST", receipt.edit, b"")).status == 200
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]


async def test_a_held_entry_is_mended_at_the_edit_iri(depositor: Depositor) -> None:
    receipt = await depositor.create(NO_TITLE, ENTRY)
    assert (await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY)).status == 200
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_a_work_is_not_published_without_the_files_that_are_held(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    assert (await depositor.ask("POST", receipt.media, b"no zip", ZIP)).status == 201
    assert (await depositor.ask("POST", receipt.edit, b"")).status == 200
    state, description = await depositor.state(receipt)
    assert state == "held"
    assert "no zip" in description or "none" in description
    assert await depositor.oai() == []
    assert (await depositor.ask("PUT", receipt.edit, entry(title="Beans"), ENTRY)).status == 200
    assert (await depositor.state(receipt))[0] == "held"
    assert (await depositor.ask("POST", receipt.media, archive(a_csv=b"1"), ZIP)).status == 201
    await depositor.ask("POST", receipt.edit, b"")
    assert (await depositor.state(receipt))[0] == "accepted"
    assert await depositor.oai() == [(receipt.number, "", "Beans")]


async def test_a_wrong_change_leaves_the_published_work_as_it_was(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    before = (await depositor.get(receipt.media)).body
    assert (await depositor.ask("PUT", receipt.media, b"no zip", ZIP)).status == 204
    assert (await depositor.state(receipt))[0] == "accepted"
    assert (await depositor.get(receipt.media)).body == before
    assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN, DepositState.HELD]
    assert "kept but held" in (await depositor.get(receipt.edit)).text("s:treatment")


async def test_a_doi_of_another_work_is_held(depositor: Depositor) -> None:
    await depositor.create(entry(title="Peas", more=DOI.decode()), ENTRY)
    second = await depositor.create(entry(title="Beans", more=DOI.decode()), ENTRY)
    assert (await depositor.state(second))[0] == "held"
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert row.problem.code == "duplicate-doi"
    assert [title for _, _, title in await depositor.oai()] == ["Peas"]


@pytest.mark.parametrize("in_progress", [False, True])
async def test_the_same_deposit_again_is_one_work_and_a_counted_retry(
    depositor: Depositor, clock: Any, in_progress: bool
) -> None:
    headers = ZIP | {"Slug": "peas", "In-Progress": str(in_progress)}
    first = await depositor.create(GOOD, headers)
    clock.pass_time(minutes=1)
    second = await depositor.create(GOOD, headers)
    assert second.edit == first.edit
    [row] = await depositor.rows()
    assert row.retries == 1
    assert [event.what for event in await depositor.events(row.id)][-1] == "repeated"
    assert len(await depositor.oai()) == (0 if in_progress else 1)
    clock.pass_time(days=8)
    assert (await depositor.create(GOOD, headers)).edit != first.edit


async def test_a_repeated_multipart_leaves_nothing_in_the_spool(depositor: Depositor) -> None:
    body, headers = related(entry(), GOOD)
    assert (await depositor.create(body, headers)).edit == (await depositor.create(body, headers)).edit
    assert depositor.left() == []


@pytest.mark.parametrize("other", [{"Slug": "beans"}, {"Content-Disposition": "attachment; filename=beans.zip"}])
async def test_the_same_bytes_said_otherwise_are_another_work(depositor: Depositor, other: dict[str, str]) -> None:
    assert (await depositor.create(GOOD, ZIP)).edit != (await depositor.create(GOOD, ZIP, other)).edit
    assert (await depositor.create(entry(title="Other"), ENTRY)).edit
    assert len(await depositor.oai()) == 3


async def test_twenty_identical_deposits_at_once_are_one_work(depositor: Depositor) -> None:
    receipts = await asyncio.gather(*(depositor.create(GOOD, ZIP) for _ in range(20)))
    assert len({receipt.edit for receipt in receipts}) == 1
    assert len(await depositor.oai()) == 1
    [row] = await depositor.rows()
    assert row.retries == 19


async def test_files_added_at_once_are_all_there(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY)
    names = [f"{number:02}.pdf" for number in range(12)]
    answers = await asyncio.gather(
        *(depositor.ask("POST", receipt.media, name.encode(), PDF, {"Content-Disposition": f"filename={name}"}) for name in names)
    )
    await settled(depositor, [answer.status for answer in answers], {201, 503})
    assert sorted((await depositor.get(receipt.edit)).all("a:link[contains(@rel, 'derived')]/@href")) == [
        f"{receipt.media}/{name}" for name in names
    ]


async def test_edits_of_one_container_at_once_end_in_one_of_them(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    answers = await asyncio.gather(
        *(depositor.ask("PUT", receipt.edit, entry(title=f"Title {number}"), ENTRY) for number in range(5)),
        *(depositor.ask("POST", receipt.media, b"x%d" % number, PDF) for number in range(5)),
        depositor.ask("POST", receipt.edit, b""),
    )
    await settled(depositor, [answer.status for answer in answers], {200, 201, 503})
    [(number, status, title)] = await depositor.oai()
    assert (number, status, title.rsplit(" ", 1)[0]) == (receipt.number, "", "Title")
    assert len((await depositor.get(receipt.edit)).all("a:link[contains(@rel, 'derived')]")) == 5


async def test_deleting_while_others_edit_ends_in_nothing_or_an_error_document(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY)
    answers = await asyncio.gather(
        *(depositor.ask("PUT", receipt.edit, entry(title=f"Title {number}"), ENTRY) for number in range(4)),
        *(depositor.ask("DELETE", receipt.edit) for _ in range(2)),
    )
    assert {answer.status for answer in answers} <= {200, 204, 404}
    assert [answer.status for answer in answers].count(204) == 1
    assert (await depositor.get(receipt.edit)).status == 404
    assert await depositor.oai() == [(receipt.number, "deleted", "")]


async def settled(depositor: Depositor, statuses: list[int], allowed: set[int]) -> None:
    """Look at the statuses; where the server said it was too busy, what it kept is read by the worker."""
    assert set(statuses) <= allowed
    depositor.house.clock.pass_time(minutes=5)  # type: ignore[attr-defined]  # the tests' clock
    await depositor.house.worker.drain()
    assert depositor.left() == []


class TestPending:
    """An installation where works wait for approval."""

    @pytest.fixture
    def seeds(self) -> dict[str, str]:
        return {"oai_page_size": "5", "import_as": "pending"}

    async def test_a_complete_deposit_waits(self, depositor: Depositor) -> None:
        receipt = await depositor.create(GOOD, ZIP)
        assert (await depositor.state(receipt))[0] == "pending"
        assert "approval" in receipt.text("s:treatment")
        assert not receipt.link("alternate")
        await depositor.ask("PUT", receipt.edit, entry(title="Beans"), ENTRY)
        assert (await depositor.get(receipt.edit)).text("t:title") == "Beans"
        assert await depositor.oai() == []
        assert (await depositor.ask("DELETE", receipt.edit)).status == 204
        assert await depositor.oai() == []


class TestRefusing:
    """An installation that refuses wrong content."""

    @pytest.fixture
    def seeds(self) -> dict[str, str]:
        return {"oai_page_size": "5", "content_faults": "refuse"}

    async def test_wrong_content_is_refused_each_time_and_kept(self, depositor: Depositor) -> None:
        for count in (1, 2):
            refused = await depositor.ask("POST", depositor.collection, BAD_ZIP, ZIP)
            assert refused.status == 400
            assert "mods.xml line 1" in refused.text("//s:verboseDescription")
            row = await depositor.row(refused.reference)
            assert row.state is DepositState.REFUSED
            assert depositor.kept(row) == BAD_ZIP
            assert len(await depositor.rows()) == count
        assert (await depositor.get(depositor.collection)).all("a:entry") == []

    async def test_a_wrong_change_is_refused_and_changes_nothing(self, depositor: Depositor) -> None:
        receipt = await depositor.create(GOOD, ZIP, OPEN)
        assert (await depositor.ask("PUT", receipt.media, BAD_ZIP, ZIP)).status == 400
        assert (await depositor.state(receipt))[0] == "in-progress"


class TestLarge:
    """An installation where every package counts as large."""

    @pytest.fixture
    def seeds(self) -> dict[str, str]:
        return {"oai_page_size": "5", "read_now_mb": "0"}

    @pytest.mark.parametrize("multipart", [False, True])
    async def test_a_large_package_is_read_by_the_worker(self, depositor: Depositor, multipart: bool) -> None:
        body, headers = related(entry(title="Versuche"), GOOD) if multipart else (GOOD, ZIP)
        receipt = await depositor.create(body, headers)
        assert (await depositor.state(receipt))[0] == "received"
        assert depositor.left() == []
        assert (await depositor.create(body, headers)).edit == receipt.edit
        assert await depositor.house.worker.drain() >= 1
        assert (await depositor.state(receipt))[0] == "accepted"
        assert await depositor.oai() == [(receipt.number, "", "Versuche")]
        assert depositor.left() == []

    async def test_a_large_package_that_is_wrong_is_held_by_the_worker(self, depositor: Depositor) -> None:
        receipt = await depositor.create(BAD_ZIP, ZIP)
        await depositor.house.worker.drain()
        assert (await depositor.state(receipt))[0] == "held"


async def test_what_a_crash_left_unread_is_read_by_the_worker(
    depositor: Depositor, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("the process dies here")

    monkeypatch.setattr("server.sword.understand.Understanding.content", crash)
    assert (await depositor.ask("POST", depositor.collection, GOOD, ZIP)).status == 500
    monkeypatch.undo()
    assert await depositor.house.worker.drain() == 0
    clock.pass_time(minutes=3)
    assert await depositor.house.worker.drain() >= 1
    [row] = await depositor.rows()
    assert row.state is DepositState.TAKEN
    assert [title for _, _, title in await depositor.oai()] == ["Versuche"]
    assert timedelta(days=1) < store.REPEAT


async def test_a_doi_of_a_withdrawn_work_is_held_with_a_remedy_that_can_be_followed(depositor: Depositor) -> None:
    first = await depositor.create(entry(title="Peas", more=DOI.decode()), ENTRY)
    assert (await depositor.ask("DELETE", first.edit)).status == 204
    second = await depositor.create(entry(title="Beans", more=DOI.decode()), ENTRY)
    assert (await depositor.state(second))[0] == "held"
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert row.problem.code == "duplicate-doi"
    assert "was withdrawn" in row.problem.message
    assert "administrator" in row.problem.remedy
    assert first.number in row.problem.remedy


async def test_the_depositor_is_told_what_was_guessed(client: TestClient, deposit: Deposit) -> None:
    number = await deposit(entry(issued="last spring", more="<dcterms:language>Gobbledygook</dcterms:language>"))
    receipt = await (await client.get(f"/sword/v2/edit/{number}", headers=AUTH)).text()
    assert "Please check:" in receipt
    assert "Gobbledygook" in receipt
    assert "last spring" in receipt
