"""A dry run: what would become of a deposit, and nothing is kept of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from server.sword.tables import containers, deposits
from tests.conftest import configured, entry
from tests.sword.conftest import BINARY, ENTRY, GOOD, OPEN, PDF, ZIP, Answer, Depositor, archive, related
from tests.sword.test_server import WORKS

DRY = {"Dry-Run": "true"}


def rows(tx: Connection) -> list[int]:
    return [tx.execute(select(func.count()).select_from(table)).scalar_one() for table in (containers, deposits)]


def kept(depositor: Depositor) -> list[Path]:
    return sorted(path for path in Path(depositor.house.settings.data).rglob("*") if path.is_file() and ".db" not in path.name)


async def tried(depositor: Depositor, body: bytes, *headers: dict[str, str]) -> tuple[Answer, Any]:
    """Try a deposit, see that nothing is left of it, and return what it is said it would become."""
    before, files = await depositor.house.database.read(rows), kept(depositor)
    found = await depositor.ask("POST", depositor.collection, body, DRY, *headers)
    assert await depositor.house.database.read(rows) == before
    assert kept(depositor) == files
    return found, json.loads(found.body) if found.headers["Content-Type"] == "application/json" else None


async def test_a_good_deposit_is_shown_as_it_would_be_taken(depositor: Depositor) -> None:
    found, said = await tried(depositor, GOOD, ZIP)
    assert found.status == 200
    assert (said["becomes"], said["stored"]) == ("accepted", False)
    assert said["record"]["title"]["value"] == "Versuche"
    assert [file["name"] for file in said["record"]["files"]] == ["peas.csv", "peas.pdf"]


@pytest.mark.parametrize("headers", [{"X-No-Op": "true"}, {"Dry-Run": "1"}])
async def test_both_headers_ask_for_it(depositor: Depositor, headers: dict[str, str]) -> None:
    before = await depositor.house.database.read(rows)
    found = await depositor.ask("POST", depositor.collection, entry(), ENTRY, headers)
    assert (found.status, await depositor.house.database.read(rows)) == (200, before)
    assert (await depositor.ask("POST", depositor.collection, entry(), ENTRY, {"X-No-Op": "false"})).status == 201


async def test_every_problem_is_said_with_its_place_and_remedy(depositor: Depositor) -> None:
    _, said = await tried(depositor, entry(type="Research paper", more="<dcterms:language>Platt</dcterms:language>"), ENTRY)
    assert said["becomes"] == "held"
    assert said["record"]["title"]["value"] == "Peas"
    problems = {each["code"]: each for each in said["problems"]}
    assert problems["type-unknown"]["weight"] == "hold"
    assert problems["type-unknown"]["remedy"]
    assert "type" in problems["type-unknown"]["place"]
    assert problems["language-unknown"]["weight"] == "warn"


async def test_what_cannot_be_read_is_said_and_no_error(depositor: Depositor) -> None:
    found, said = await tried(depositor, archive(mods_xml=b"<mods><"), ZIP)
    assert (found.status, said["becomes"], said["record"]) == (200, "held", None)
    assert said["problems"][0]["code"] == "xml"


async def test_it_follows_the_profile(depositor: Depositor) -> None:
    words = [{"word": "Research paper", "type": "publication.report"}]
    await configured(depositor.house, "sword", types=words, collections=[WORKS | {"import_as": "pending"}])
    _, said = await tried(depositor, entry(type="Research paper"), ENTRY)
    assert (said["becomes"], said["record"]["type"]) == ("pending", "publication.report")
    assert len(said["notes"]) == 1


async def test_a_work_that_is_here_already_is_said(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", by_title="hold")
    first = await depositor.create(entry(), ENTRY)
    _, said = await tried(depositor, entry(more="<dcterms:rights>x</dcterms:rights>"), ENTRY)
    assert said["becomes"] == "held"
    assert first.number in said["problems"][0]["remedy"]


async def test_one_file_or_a_beginning_stays_in_progress(depositor: Depositor) -> None:
    _, said = await tried(depositor, b"%PDF-1.4 peas", PDF, {"Packaging": BINARY}, OPEN)
    assert said["becomes"] == "in-progress"


async def test_a_multipart_is_tried_too_and_answered_in_xml(depositor: Depositor) -> None:
    body, headers = related(entry(), GOOD)
    found, _ = await tried(depositor, body, headers, {"Accept": "application/xml"})
    assert found.status == 200
    assert found.text("/trial/becomes") == "accepted"
    assert found.text("/trial/record/title/value") == "Peas"


async def test_what_the_protocol_refuses_is_refused_and_leaves_no_row(depositor: Depositor) -> None:
    found, _ = await tried(depositor, GOOD, ZIP, {"Content-MD5": "0" * 32})
    assert found.status == 412
    found, _ = await tried(depositor, b"<entry", ENTRY)
    assert found.status == 400


async def test_only_a_deposit_into_a_collection_can_be_tried(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(), ENTRY)
    for method, address in (("PUT", receipt.edit), ("POST", receipt.edit), ("DELETE", receipt.edit)):
        found = await depositor.ask(method, address, entry(title="Beans") if method != "DELETE" else None, DRY, ENTRY)
        assert found.status == 400, method
    assert (await depositor.get(receipt.edit)).text("/a:entry/a:title") == "Peas"


async def test_a_file_that_is_kept_already_stays_where_it_is(depositor: Depositor) -> None:
    await depositor.create(GOOD, ZIP)
    [row] = await depositor.rows()
    await tried(depositor, GOOD, ZIP)
    assert depositor.kept(row) == GOOD


async def test_as_xml_each_of_a_list_has_an_element(depositor: Depositor) -> None:
    found, _ = await tried(depositor, GOOD, ZIP, {"Accept": "application/xml"})
    assert found.all("/trial/record/creators/family/text()") == ["Mendel"]
    assert found.all("/trial/record/files/name/text()") == ["peas.csv", "peas.pdf"]
