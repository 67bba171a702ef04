"""Operations on one container happen one after the other; what is complete and empty is held; what repeats is told from what is new."""

import asyncio
import time
from typing import Any

import pytest

from server.jobs.model import Done, Job, Later
from server.jobs.worker import Worker
from server.records.model import File
from server.sword import store
from server.sword.errors import ErrorContent
from server.sword.model import Content, DepositState, Draft, Operation
from server.sword.operations import applied
from server.sword.queued import READ
from server.sword.understand import Understanding
from tests.conftest import SetClock, entry
from tests.sword.conftest import ENTRY, GOOD, MODS, OPEN, PDF, ZIP, Depositor, archive, related

SILENT = b'<entry xmlns="http://www.w3.org/2005/Atom"/>'
MINIMAL = b'<entry xmlns="http://www.w3.org/2005/Atom"><title>Untitled</title></entry>'
WITH_ID = MINIMAL.replace(b"<title>", b"<id>urn:uuid:1</id><title>")
WITH_DOI = entry(more="<dcterms:identifier>https://doi.org/10.1234/peas</dcterms:identifier>")
FALSE = {"In-Progress": "false"}


class TestQueued:
    """An installation where every package is read by the worker."""

    @pytest.fixture
    def seeds(self) -> dict[str, str]:
        return {"oai_page_size": "5", "read_now_mb": "0"}

    @pytest.mark.parametrize("method", ["POST", "PUT"])
    async def test_a_package_is_not_overtaken_by_its_completion(self, depositor: Depositor, method: str) -> None:
        receipt = await depositor.create(GOOD, ZIP, OPEN)
        completed = await depositor.ask(method, receipt.edit, b"", FALSE)
        assert completed.status == 200
        assert (await depositor.state(receipt))[0] == "received"
        assert await depositor.oai() == []
        await depositor.house.worker.drain()
        assert await depositor.oai() == [(receipt.number, "", "Versuche")]
        assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN] * 2

    async def test_all_that_comes_behind_a_package_is_done_in_order(self, depositor: Depositor) -> None:
        receipt = await depositor.create(GOOD, ZIP, OPEN)
        assert (await depositor.ask("PUT", receipt.media, archive(a_csv=b"1", b_csv=b"2"), ZIP)).status == 204
        assert (await depositor.ask("POST", receipt.edit, entry(title="Peas"), ENTRY, OPEN)).status == 200
        assert (await depositor.ask("DELETE", receipt.media)).status == 204
        assert (await depositor.ask("POST", receipt.media, b"peas", PDF)).status == 201
        assert (await depositor.ask("POST", receipt.edit, b"")).status == 200
        assert [row.state for row in await depositor.rows()] == [DepositState.RECEIVED] * 6
        await depositor.house.worker.drain()
        assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN] * 6
        found = await depositor.get(receipt.edit)
        assert [iri.rpartition("/")[2] for iri in found.all("a:link[contains(@rel, 'derived')]/@href")] == ["peas.pdf"]
        assert await depositor.oai() == [(receipt.number, "", "Versuche")]

    async def test_a_queued_package_that_is_held_holds_its_completion_too(self, depositor: Depositor) -> None:
        receipt = await depositor.create(b"no zip", ZIP, OPEN)
        await depositor.ask("POST", receipt.edit, b"")
        await depositor.house.worker.drain()
        assert (await depositor.state(receipt))[0] == "held"
        assert await depositor.oai() == []

    async def test_what_waits_in_a_deleted_container_is_never_read(self, depositor: Depositor) -> None:
        receipt = await depositor.create(GOOD, ZIP, OPEN)
        assert (await depositor.ask("DELETE", receipt.edit)).status == 204
        await depositor.house.worker.drain()
        [package, deletion] = await depositor.rows()
        assert package.state is DepositState.REFUSED
        assert package.problem is not None
        assert package.problem.code == "deleted"
        assert deletion.operation is Operation.DELETE

    async def test_of_two_that_are_claimed_together_the_second_is_read_as_soon_as_the_first_is(
        self, depositor: Depositor, clock: SetClock
    ) -> None:
        receipt = await depositor.create(GOOD, ZIP, OPEN)
        await depositor.ask("PUT", receipt.media, archive(a_csv=b"1"), ZIP)
        first_is_read, intake, answers = asyncio.Event(), depositor.house.intake, []

        async def handled(job: Job) -> Any:
            """Put the second off before the first is read, and say so only afterwards."""
            answer = await intake.handle(job)
            answers.append(type(answer))
            await (first_is_read.wait() if isinstance(answer, Later) else asyncio.sleep(0))
            if isinstance(answer, Done):
                first_is_read.set()
            return answer

        real = intake.understanding.content

        def content(_self: Understanding, opened: Any) -> Content:
            while not answers:  # the second has looked
                time.sleep(0.005)
            return real(opened)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Understanding, "content", content)
            await Worker(depositor.house.database, {READ: handled}, clock, slots=2).drain()
        assert answers == [Later, Done, Done]
        assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN] * 2

    async def test_the_same_package_in_progress_again_is_one_while_it_waits(self, depositor: Depositor) -> None:
        assert (await depositor.create(GOOD, ZIP, OPEN)).edit == (await depositor.create(GOOD, ZIP, OPEN)).edit


async def test_a_deposit_is_taken_once_whoever_reads_it(
    depositor: Depositor, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = await depositor.create(entry(), ENTRY)
    [row] = await depositor.rows()
    deposit = await depositor.row(row.id)
    assert await depositor.house.database.write(store.end_deposit, row.id, DepositState.HELD, None) is False
    await depositor.house.intake.acceptance.take(deposit, Content(gone=("x",)))
    assert [event.what for event in await depositor.events(row.id)].count("published") == 1
    assert (await depositor.row(row.id)).state is DepositState.TAKEN
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_requests_of_a_container_wait_for_one_another(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Understanding.content

    def slow(self: Understanding, opened: Any) -> Content:
        if opened.payload is not None:
            time.sleep(0.3)
        return original(self, opened)

    monkeypatch.setattr(Understanding, "content", slow)
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    adding = asyncio.create_task(depositor.ask("POST", receipt.media, archive(a_csv=b"1"), ZIP))
    while not await depositor.rows(state="received"):
        await asyncio.sleep(0.01)
    completed = await depositor.ask("POST", receipt.edit, b"")
    assert (await adding).status == 201
    assert len(completed.all("a:link[contains(@rel, 'derived')]")) == 1
    assert (await depositor.state(receipt))[0] == "accepted"


# --- what says nothing


@pytest.mark.parametrize(
    "kind", [{}, ENTRY, ZIP, {"Content-Type": "multipart/related; boundary=x"}, {"Content-Type": "text/plain"}]
)
async def test_put_of_nothing_at_the_edit_iri_completes(depositor: Depositor, kind: dict[str, str]) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    assert (await depositor.ask("PUT", receipt.edit, b"", kind, FALSE)).status == 200
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_an_entry_that_says_nothing_never_wipes_metadata(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP, OPEN)
    assert (await depositor.ask("PUT", receipt.edit, SILENT, ENTRY, OPEN)).status == 200
    assert (await depositor.state(receipt))[0] == "in-progress"
    assert (await depositor.ask("PUT", receipt.edit, SILENT, ENTRY)).status == 200
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]
    body, headers = related(SILENT, archive(beans_csv=b"2"))
    assert (await depositor.ask("PUT", receipt.edit, body, headers)).status == 200
    assert await depositor.oai() == [(receipt.number, "", "Versuche")]


@pytest.mark.usefixtures("files_alone")
@pytest.mark.parametrize("mending", [(entry(), ENTRY, "Peas"), (b"%PDF", PDF, "peas.pdf")], ids=["entry", "file"])
async def test_a_complete_deposit_of_nothing_is_held_until_something_comes(
    depositor: Depositor, mending: tuple[bytes, dict[str, str], str]
) -> None:
    body, headers, title = mending
    begun = await depositor.create(SILENT, ENTRY, OPEN)
    assert (await depositor.ask("POST", begun.edit, b"")).status == 200
    whole = await depositor.create(SILENT, ENTRY)
    for receipt in (begun, whole):
        state, description = await depositor.state(receipt)
        assert state == "held"
        assert "nothing in it" in description
        assert "Send metadata" in description
    assert await depositor.oai() == []
    for receipt in (begun, whole):
        await depositor.ask("POST", receipt.edit if headers is ENTRY else receipt.media, body, headers)
    assert [found[2] for found in await depositor.oai()] == [title, title]


# --- what repeats


async def test_the_same_few_words_begin_two_works(depositor: Depositor, clock: Any) -> None:
    first = await depositor.create(MINIMAL, ENTRY, OPEN)
    assert (await depositor.create(MINIMAL, ENTRY, OPEN)).edit == first.edit
    assert (await depositor.ask("POST", first.media, b"one", PDF)).status == 201
    second = await depositor.create(MINIMAL, ENTRY, OPEN)
    assert second.edit != first.edit
    clock.pass_time(minutes=1)
    assert (await depositor.create(MINIMAL, ENTRY, OPEN)).edit not in {first.edit, second.edit}


@pytest.mark.parametrize(
    ("body", "headers"),
    [(WITH_ID, ENTRY), (WITH_DOI, ENTRY), (MINIMAL, ENTRY | {"Slug": "peas"}), (GOOD, ZIP)],
    ids=["id", "doi", "slug", "payload"],
)
async def test_what_names_its_work_repeats_it_long_after(
    depositor: Depositor, clock: Any, body: bytes, headers: dict[str, str]
) -> None:
    first = await depositor.create(body, headers, OPEN)
    await depositor.ask("POST", first.media, b"one", PDF)
    clock.pass_time(hours=1)
    assert (await depositor.create(body, headers, OPEN)).edit == first.edit


async def test_twenty_identical_beginnings_at_once_are_one_deposit(depositor: Depositor) -> None:
    receipts = await asyncio.gather(*(depositor.create(MINIMAL, ENTRY, OPEN) for _ in range(20)))
    assert len({receipt.edit for receipt in receipts}) == 1


# --- what has no body


@pytest.mark.parametrize("name", ["", "/peas.csv"])
async def test_a_deletion_a_crash_cut_short_is_done_by_the_worker(
    depositor: Depositor, clock: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    receipt = await depositor.create(archive(mods_xml=MODS, peas_csv=b"1"), ZIP)

    async def crash(*_: object) -> None:
        raise RuntimeError("the process dies here")

    monkeypatch.setattr("server.sword.accept.Acceptance.take", crash)
    assert (await depositor.ask("DELETE", receipt.media + name)).status == 500
    monkeypatch.undo()
    clock.pass_time(minutes=3)
    await depositor.house.worker.drain()
    assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN] * 2
    assert not (await depositor.get(receipt.edit)).all("a:link[contains(@rel, 'derived')]")


async def test_a_deletion_is_in_the_monitor(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    assert (await depositor.ask("DELETE", receipt.edit)).status == 204
    row = (await depositor.rows())[-1]
    assert (row.operation, row.state, row.container_id) == (Operation.DELETE, DepositState.TAKEN, receipt.number)
    assert [event.what for event in await depositor.events(row.id)] == ["deleted"]


def test_ten_thousand_files_are_added_at_once() -> None:
    files = tuple(File(name=f"{n}.txt", mime="text/plain", bytes=1, sha256=f"{n:064}", md5="") for n in range(10_000))
    before = time.perf_counter()
    found = applied(Draft(files=files[:1]), Operation.ADD, Content(files=files))
    assert time.perf_counter() - before < 1
    assert found.files == files


@pytest.mark.usefixtures("files_alone")
async def test_a_package_of_many_entries_is_read_by_the_worker(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.sword.intake.READ_NOW_ENTRIES", 3)
    few = await depositor.create(GOOD, ZIP)
    many = await depositor.create(archive(a_txt=b"1", b_txt=b"2", c_txt=b"3", d_txt=b"4"), ZIP)
    as_it_is = await depositor.create(archive(a_txt=b"1", b_txt=b"2", c_txt=b"3", d_txt=b"4"), PDF)
    assert [(await depositor.state(each))[0] for each in (few, many, as_it_is)] == ["accepted", "received", "accepted"]
    await depositor.house.worker.drain()
    assert (await depositor.state(many))[0] == "accepted"


async def test_a_queued_package_whose_packaging_was_taken_away_is_held(
    depositor: Depositor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise ErrorContent("The packaging is not accepted here.", place="Packaging", remedy="Use another.")

    monkeypatch.setattr("server.sword.intake.READ_NOW_ENTRIES", 0)
    receipt = await depositor.create(GOOD, ZIP)
    monkeypatch.setattr(Understanding, "packaging", unknown)
    await depositor.house.worker.drain()
    assert (await depositor.state(receipt))[0] == "held"
