"""What is held stays so until it was mended, each part by itself; and what is closed, infected or being read is left alone."""

import asyncio
import gzip
import os

import pytest

from server.audit.log import OPERATOR
from server.errors import Conflict
from server.records.model import File
from server.sword import problems, store
from server.sword.headers import credentials, is_secret
from server.sword.model import Content, DepositState, Problem
from server.sword.reference import bare
from server.sword.understand import Understanding
from server.works import deeds
from tests.conftest import SetClock, entry
from tests.sword.conftest import ENTRY, GOOD, OPEN, PDF, ZIP, Answer, Depositor, related


def states(rows: list) -> list[str]:
    return [row.state.value for row in rows]


async def two_held(depositor: Depositor) -> Answer:
    begun = await depositor.create(entry(), ENTRY, OPEN)
    for wrong in (b"bad one", b"bad two"):
        assert (await depositor.ask("POST", begun.media, wrong, ZIP)).status == 201
    assert (await depositor.ask("POST", begun.edit, b"", {"In-Progress": "false"})).status == 200
    return begun


async def test_of_two_held_packages_one_mends_one(depositor: Depositor) -> None:
    begun = await two_held(depositor)
    await depositor.ask("POST", begun.media, GOOD, ZIP)
    assert states(await depositor.rows()) == ["taken", "closed", "held", "taken", "taken"]
    assert (await depositor.state(begun))[0] == "held"
    assert await depositor.oai() == []
    await depositor.ask("POST", begun.media, b"%PDF more", PDF)
    assert states(await depositor.rows())[1:3] == ["closed", "closed"]
    assert (await depositor.state(begun))[0] == "accepted"
    assert len(await depositor.oai()) == 1


async def test_what_replaces_the_files_mends_both(depositor: Depositor) -> None:
    begun = await two_held(depositor)
    await depositor.ask("PUT", begun.media, GOOD, ZIP)
    assert states(await depositor.rows())[1:3] == ["closed", "closed"]
    assert (await depositor.state(begun))[0] == "accepted"


async def test_one_that_is_read_again_leaves_the_other_held(depositor: Depositor, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = await two_held(depositor)
    first = (await depositor.rows())[1]
    with monkeypatch.context() as patched:
        patched.setattr(Understanding, "content", lambda *_: Content(files=(File(name="peas.pdf", sha256=first.sha256),)))
        await depositor.house.intake.read_again(first.id, OPERATOR)
    assert states(await depositor.rows())[1:3] == ["taken", "held"]
    assert (await depositor.state(begun))[0] == "held"


async def test_a_multipart_that_is_held_lacks_its_entry_and_its_payload(depositor: Depositor) -> None:
    body, kind = related(entry(title="Peas"), b"no zip")
    begun = await depositor.create(body, kind)
    assert (await depositor.state(begun))[0] == "held"
    await depositor.ask("POST", begun.media, b"%PDF peas", PDF)
    assert (await depositor.state(begun))[0] == "held"
    await depositor.ask("PUT", begun.edit, entry(title="Peas"), ENTRY)
    assert (await depositor.state(begun))[0] == "accepted"
    assert states(await depositor.rows())[0] == "closed"


async def test_what_is_withdrawn_is_not_changed(depositor: Depositor) -> None:
    found = await depositor.create(entry(title="Peas"), ENTRY)
    await deeds.carried_out(
        depositor.house, found.number, OPERATOR,
        lambda tx, press, stored, _prepared, by, now: deeds.withdraw(tx, press, stored, "Retracted.", by, now),
    )  # fmt: skip
    for method, iri, body, kind in (
        ("PUT", found.edit, entry(title="Beans"), ENTRY),
        ("POST", found.media, b"%PDF", PDF),
        ("DELETE", found.media, None, {}),
    ):
        assert (await depositor.ask(method, iri, body, kind)).status == 405
    assert "Beans" not in (await depositor.get(found.edit)).body.decode()
    assert (await depositor.ask("DELETE", found.edit)).status == 204


async def test_a_virus_is_given_to_nobody_whatever_else_is_wrong(depositor: Depositor) -> None:
    begun = await depositor.create(b"no zip", ZIP)
    (row,) = await depositor.rows()
    found = [Problem("type-unknown", "?", "", ""), Problem("virus", "A blight.", "peas.txt", "", "Peas.Blight")]
    await depositor.house.database.write(problems.keep, row.id, found, [])
    original = f"{depositor.service.rsplit('/', 1)[0]}/original/{row.id}"
    assert (await depositor.get(original)).status == 403
    await depositor.house.database.write(store.end_deposit, row.id, DepositState.RECEIVED, None, before=DepositState.HELD)
    assert (await depositor.get(original)).status == 403  # while it is read again
    assert begun.number


async def test_one_deposit_is_read_by_one(depositor: Depositor) -> None:
    await depositor.create(b"no zip", ZIP)
    (row,) = await depositor.rows()
    intake = depositor.house.intake
    found = await asyncio.gather(*(intake.read_again(row.id, OPERATOR) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in found] == [type(None), Conflict]
    assert intake.reading == {}
    assert intake.at_work == set()


async def test_what_the_worker_reads_nobody_else_reads(
    depositor: Depositor, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    monkeypatch.setattr("server.sword.intake.Intake._waits", lambda *_: True)
    await depositor.create(GOOD, ZIP)
    (row,) = await depositor.rows()
    intake, real, seen = depositor.house.intake, Understanding.content, []

    def content(self: Understanding, opened: object) -> object:
        seen.append(set(intake.at_work))
        return real(self, opened)

    monkeypatch.setattr(Understanding, "content", content)
    clock.pass_time(minutes=1)
    await depositor.house.worker.drain()
    assert seen == [{row.id}]
    assert intake.at_work == set()
    intake.at_work.add(row.id)
    with pytest.raises(Conflict):
        await intake.read_again(row.id, OPERATOR)


async def test_a_small_body_that_grows_when_compressed_is_whole(depositor: Depositor) -> None:
    raw = os.urandom(40)
    assert len(gzip.compress(raw)) > len(raw)
    found = await depositor.ask("POST", depositor.collection, gzip.compress(raw), PDF, {"Content-Encoding": "gzip"})
    assert found.status == 201
    assert [row.bytes for row in await depositor.rows()] == [40]


SECRETS = (
    "Authorization", "Cookie", "Proxy-Authorization", "X-Auth-Token", "X-Authorization", "Private-Token", "X-Amz-Security-Token",
    "X-Api-Key", "Api-Key", "X-Ojs-Sword-Api-Token", "X-Amz-Signature", "X-Password", "Client-Secret",
)  # fmt: skip


async def test_no_secret_is_kept_of_the_headers(depositor: Depositor) -> None:
    more = {name: "hush" for name in SECRETS if name not in {"Authorization", "X-Authorization"}}
    await depositor.create(GOOD, ZIP, more, {"Idempotency-Key": "mine", "X-Author": "peas", "Slug": "peas"})
    (row,) = await depositor.rows()
    assert "hush" not in str(row.headers)
    assert {"Slug", "Idempotency-Key", "Packaging"} <= {name for name, _ in row.headers}
    assert all(is_secret(name) for name in SECRETS)


@pytest.mark.parametrize(("sent", "form"), [("sk-abcdef", "no scheme of credentials"), ("Digest a=b", "'Digest'")])
def test_a_token_that_stands_alone_is_not_said_again(sent: str, form: str) -> None:
    assert credentials({"Authorization": sent}) == (sent, form)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://mendel:peas@example.org/a@b?token=x#y", "https://example.org/b"),
        ("https://example.org/peas.pdf?sig=abc", "https://example.org/peas.pdf"),
        ("https://example.org/peas.pdf", "https://example.org/peas.pdf"),
    ],
)
def test_of_an_address_what_lets_somebody_in_is_not_said(url: str, said: str) -> None:
    assert bare(url) == said
