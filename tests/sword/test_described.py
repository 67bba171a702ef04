"""A file without metadata waits for some, and need not be sent again; so does what said too little."""

import pytest

from server.errors import Conflict, Unavailable
from server.sword.intake import Intake
from server.sword.model import Deposit, DepositState
from tests.conftest import configured, entry
from tests.sword.conftest import ENTRY, GOOD, MODS, OPEN, PDF, ZIP, Depositor, archive, related

UNKNOWN = MODS.replace(b"journal article", b"Forschungspapier")


async def names(depositor: Depositor, iri: str) -> list[str]:
    found = await depositor.get(iri)
    return [each.rpartition("/")[2] for each in found.all("a:link[contains(@rel, 'derived')]/@href")]


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_file_alone_waits_for_metadata_and_is_published_with_them(depositor: Depositor, method: str) -> None:
    receipt = await depositor.create(b"%PDF peas", PDF)
    assert (await depositor.state(receipt))[0] == "held"
    assert f"PUT to {receipt.edit} mends it." in receipt.text("/a:entry/s:treatment")
    assert await depositor.oai() == []
    answer = await depositor.ask(method, receipt.edit, entry(title="Peas"), ENTRY)
    assert answer.status == 200
    assert (await depositor.state(receipt))[0] == "accepted"
    assert await depositor.oai() == [(receipt.number, "", "Peas")]
    assert await names(depositor, receipt.edit) == ["peas.pdf"]
    assert [row.state for row in await depositor.rows()] == [DepositState.TAKEN] * 2
    events = [event.detail for event in await depositor.events((await depositor.rows())[0].id)]
    assert any(detail.startswith("Read again with the metadata of import") for detail in events)


async def test_several_files_wait_together(depositor: Depositor) -> None:
    receipt = await depositor.create(b"%PDF peas", PDF)
    more = PDF | {"Content-Disposition": "attachment; filename=beans.pdf"}
    assert (await depositor.ask("POST", receipt.media, b"%PDF beans", more)).status == 201
    assert (await depositor.state(receipt))[0] == "held"
    await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY)
    assert sorted(await names(depositor, receipt.edit)) == ["beans.pdf", "peas.pdf"]
    assert (await depositor.state(receipt))[0] == "accepted"


async def test_metadata_in_progress_complete_nothing(depositor: Depositor) -> None:
    receipt = await depositor.create(b"%PDF peas", PDF)
    await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY, OPEN)
    assert (await depositor.state(receipt))[0] == "in-progress"
    assert await depositor.oai() == []
    assert await names(depositor, receipt.edit) == ["peas.pdf"]
    await depositor.ask("POST", receipt.edit, b"")
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_a_package_with_an_unknown_type_is_taken_with_an_entry_that_names_one(depositor: Depositor) -> None:
    receipt = await depositor.create(archive(mods_xml=UNKNOWN, peas_csv=b"1"), ZIP)
    assert (await depositor.state(receipt))[0] == "held"
    await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY)
    assert await depositor.oai() == [(receipt.number, "", "Peas")]
    assert await names(depositor, receipt.edit) == ["peas.csv"]


async def test_what_is_wrong_with_a_package_itself_waits_for_the_package(depositor: Depositor) -> None:
    body, kind = related(entry(title="Peas"), b"no zip")
    receipt = await depositor.create(body, kind)
    await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY)
    assert (await depositor.state(receipt))[0] == "held"
    assert [row.replays for row in await depositor.rows()] == [0, 0]


async def test_what_is_large_is_read_again_by_the_worker(depositor: Depositor) -> None:
    receipt = await depositor.create(archive(mods_xml=UNKNOWN, peas_csv=b"1"), ZIP)
    await configured(depositor.house, "sword", read_now_mb=0)
    await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY)
    assert (await depositor.state(receipt))[0] == "received"
    await depositor.house.worker.drain()
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


@pytest.mark.parametrize("error", [None, Unavailable("The disk is full."), Conflict("It is being read.")])
async def test_what_cannot_be_read_again_now_is_read_later(
    depositor: Depositor, clock: object, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    receipt = await depositor.create(b"%PDF peas", PDF)
    real = Intake._read_kept

    async def killed(self: Intake, deposit: Deposit) -> None:
        del self, deposit
        if error is not None:
            raise error

    monkeypatch.setattr(Intake, "_read_kept", killed)
    assert (await depositor.ask("PUT", receipt.edit, entry(title="Peas"), ENTRY)).status == 200
    assert (await depositor.state(receipt))[0] == "received"
    monkeypatch.setattr(Intake, "_read_kept", real)
    clock.pass_time(minutes=3)  # type: ignore[attr-defined]
    await depositor.house.worker.drain()
    assert await depositor.oai() == [(receipt.number, "", "Peas")]


async def test_an_archive_with_metadata_is_not_held(depositor: Depositor) -> None:
    assert (await depositor.state(await depositor.create(GOOD, ZIP)))[0] == "accepted"
