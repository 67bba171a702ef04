"""What is decided where it counts, what is said of a refusal, and what is never said: tags, rows, secrets, viruses."""

import asyncio
import gzip
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import encode_basic_auth

from server.audit.log import OPERATOR
from server.errors import Conflict
from server.metadata.reading import Remark
from server.sword import accept, reference_store
from server.sword.accept import Acceptance
from server.sword.door import Door
from server.sword.headers import credentials, is_secret
from server.sword.model import DepositState
from server.sword.reference import Reference, ReferenceState, bare
from server.works import deeds
from tests.conftest import AUTH, PASSWORD, URL, SetClock, configured, entry
from tests.sword.conftest import BINARY, ENTRY, GOOD, OPEN, PDF, SIMPLE_ZIP, ZIP, Answer, Depositor, archive, related
from tests.sword.test_server import WORKS

BARE_ZIP = {name: value for name, value in ZIP.items() if name != "Packaging"}


async def test_the_tag_of_a_file_that_is_given_changes_it(depositor: Depositor) -> None:
    begun = await depositor.create(b"%PDF-1.4 peas", PDF, OPEN)
    tag = (await depositor.get(begun.media, {"Accept-Packaging": BINARY})).headers["ETag"]
    assert (await depositor.ask("PUT", begun.media, b"%PDF other", PDF, {"If-Match": tag})).status == 204
    assert (await depositor.ask("PUT", begun.media, b"%PDF third", PDF, {"If-Match": tag})).status == 412


async def test_what_changes_before_a_conditional_delete_is_not_deleted(
    depositor: Depositor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await depositor.create(GOOD, ZIP, OPEN)
    tag, real = (await depositor.get(begun.edit)).headers["ETag"], Acceptance.delete

    async def later(acceptance: Acceptance, *args: Any) -> None:
        assert (await depositor.ask("POST", begun.media, b"more", PDF)).status == 201
        await real(acceptance, *args)

    monkeypatch.setattr(Acceptance, "delete", later)
    assert (await depositor.ask("DELETE", begun.edit, None, {"If-Match": tag})).status == 412
    assert (await depositor.get(begun.edit)).status == 200


async def test_a_change_between_the_looks_of_a_conditional_one_is_seen(
    depositor: Depositor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await depositor.create(entry(), ENTRY)
    tag, real, others = (await depositor.get(begun.edit)).headers["ETag"], Door.placed, [entry(title="Another's")]

    async def later(door: Door, request: Any, *args: Any, **more: Any) -> Any:
        if others:
            assert (await depositor.ask("PUT", begun.edit, others.pop(), ENTRY)).status == 200
        return await real(door, request, *args, **more)

    monkeypatch.setattr(Door, "placed", later)
    assert (await depositor.ask("PUT", begun.edit, entry(title="Mine"), ENTRY, {"If-Match": tag})).status == 412
    assert [title for _, _, title in await depositor.oai()] == ["Another's"]


async def withdrawn(depositor: Depositor) -> Answer:
    found = await depositor.create(entry(), ENTRY)
    house = depositor.house
    await deeds.carried_out(
        house, found.number, OPERATOR, lambda tx, press, stored, _, by, now: deeds.withdraw(tx, press, stored, "No.", by, now)
    )
    return found


async def test_what_was_withdrawn_is_changed_by_nobody(depositor: Depositor) -> None:
    found = await withdrawn(depositor)
    assert (await depositor.ask("PUT", found.edit, entry(title="Again"), ENTRY)).status == 405
    assert (await depositor.ask("POST", found.media, b"%PDF", PDF)).status == 405
    assert (await depositor.ask("DELETE", found.media)).status == 405
    assert (await depositor.ask("DELETE", found.edit)).status == 204


@pytest.mark.parametrize("where", ["edit", "media"])
async def test_a_refusal_without_a_body_leads_to_its_row(depositor: Depositor, where: str) -> None:
    begun = await depositor.create(GOOD, ZIP, OPEN)
    refused = await depositor.ask("DELETE", getattr(begun, where), None, {"If-Match": '"old"'})
    assert refused.status == 412
    assert (await depositor.row(refused.reference)).state is DepositState.REFUSED
    assert (await depositor.get(f"{URL}/sword/deposits/{refused.reference}")).status == 200


async def test_files_that_are_still_fetched_go_with_their_deposit(depositor: Depositor) -> None:
    begun = await depositor.create(GOOD, ZIP, OPEN)
    (row,) = await depositor.rows()
    named = Reference("https://example.org/peas.pdf", "peas.pdf", "application/pdf", None, "", BINARY)
    database, clock = depositor.house.database, depositor.house.clock
    await database.write(reference_store.add, row.id, [named], clock())
    assert (await depositor.ask("DELETE", begun.edit)).status == 204
    (left,) = await database.read(reference_store.of_deposit, row.id)
    assert left.state is ReferenceState.DROPPED


async def test_a_virus_is_given_to_nobody_whatever_else_is_wrong(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    virus = Remark("A virus was found: Eicar.", code="virus", place="peas.pdf", value="Eicar")
    monkeypatch.setattr(
        accept, "looked_into", lambda _, looked: replace(looked.content, remarks=(*looked.content.remarks, virus))
    )
    await depositor.create(*related(entry(type="Nobody knows"), archive(peas_pdf=b"%PDF eicar")))
    (row,) = await depositor.rows()
    assert row.problem is not None
    assert row.problem.code == "type-unknown"
    assert (await depositor.get(f"{URL}/sword/v2/original/{row.id}")).status == 403


async def test_asking_for_the_head_of_the_content_gives_no_body(depositor: Depositor) -> None:
    begun = await depositor.create(GOOD, ZIP)
    reader, writer = await asyncio.open_connection(depositor.client.host, depositor.client.port)
    credentials = f"Authorization: {AUTH['Authorization']}\r\n"
    for path in (begun.media, begun.edit):
        method = "HEAD" if path == begun.media else "GET"
        writer.write(f"{method} {path.removeprefix(URL)} HTTP/1.1\r\nHost: x\r\n{credentials}\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert head.startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_dry_run_takes_what_the_deposit_takes(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", collections=[WORKS | {"packagings": [SIMPLE_ZIP, BINARY]}])
    tried = await depositor.ask("POST", depositor.collection, GOOD, BARE_ZIP, {"Dry-Run": "true"})
    assert (tried.status, (await depositor.ask("POST", depositor.collection, GOOD, BARE_ZIP)).status) == (200, 201)


async def test_a_small_body_that_grows_by_compression_is_whole(depositor: Depositor) -> None:
    body = bytes(range(40))
    sent = gzip.compress(body)
    assert len(sent) > len(body)
    await depositor.create(sent, PDF, {"Content-Encoding": "gzip"})
    (row,) = await depositor.rows()
    assert depositor.kept(row) == body


async def test_a_deposit_is_read_by_one_at_a_time(depositor: Depositor) -> None:
    await depositor.create(b"no zip at all", ZIP)
    (row,) = await depositor.rows()
    intake = depositor.house.intake
    found = await asyncio.gather(*(intake.read_again(row.id, OPERATOR) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in found] == [type(None), Conflict]
    assert not intake.reading


async def test_whoever_failed_too_often_is_told_to_wait(depositor: Depositor, clock: SetClock) -> None:
    wrong = {"Authorization": encode_basic_auth("depositor", "wrong")}
    for _ in range(5):
        assert (await depositor.get(depositor.service, wrong)).status == 401
    refused = await depositor.get(depositor.service)
    assert (refused.status, refused.headers["Retry-After"]) == (429, "5")
    assert "5 seconds" in refused.text("/s:error/a:summary")
    third = await depositor.client.get("/sword/3/service", headers=AUTH)
    assert (third.status, third.headers["Retry-After"]) == (429, "5")
    clock.pass_time(seconds=6)
    assert (await depositor.get(depositor.service)).status == 200
    assert encode_basic_auth("depositor", PASSWORD) == AUTH["Authorization"]


@pytest.mark.parametrize(
    "name", ["Authorization", "X-Auth-Token", "Private-Token", "X-Amz-Security-Token", "Cookie", "X-Api-Key"]
)
def test_what_may_let_somebody_in_is_kept_nowhere(name: str) -> None:
    assert is_secret(name)
    assert not is_secret("Idempotency-Key")


def test_a_token_by_itself_is_not_said_again() -> None:
    assert "abc" not in credentials({"Authorization": "abcdefghijklm"})[1]


def test_an_address_is_said_without_what_may_let_somebody_in() -> None:
    assert bare("https://gregor:peas@example.org/a/b.pdf?signature=1") == "https://example.org/a/b.pdf"


async def test_a_held_receipt_says_where_it_is_mended(depositor: Depositor) -> None:
    held = await depositor.create(b"no zip at all", ZIP)
    said = held.text("s:treatment")
    (row,) = await depositor.rows()
    assert f"PUT to {held.media} mends it." in said
    assert f"{URL}/sword/deposits/{row.id}" in said


async def test_each_remark_is_a_sentence(depositor: Depositor) -> None:
    more = (
        "<dcterms:language>Platt</dcterms:language><dcterms:unheard>one</dcterms:unheard><dcterms:unknown>two</dcterms:unknown>"
    )
    said = (await depositor.create(entry(more=more), ENTRY)).text("s:treatment")
    assert "one. Not taken up" in said
