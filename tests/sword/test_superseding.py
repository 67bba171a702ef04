"""A held deposit that is read again undoes nothing that came after it."""

import msgspec
import pytest

from server.audit.log import OPERATOR
from server.records import store as records
from server.records.model import Record, Text
from server.works.saving import Then, save
from tests.conftest import configured, entry
from tests.sword.conftest import ENTRY, GOOD, OPEN, PDF, ZIP, Answer, Depositor, archive, related
from tests.sword.test_mapping import WORDS

ODD = "Research paper"


async def work(depositor: Depositor, number: str) -> Record:
    return (await depositor.house.database.read(records.get, number)).record


async def held(depositor: Depositor, receipt: Answer) -> str:
    """Replace a work by an entry of a type nobody knows and another file, which is held."""
    body, kind = related(entry(title="Old", type=ODD), archive(new_csv=b"3,4"))
    await depositor.ask("PUT", receipt.edit, body, kind)
    [row] = await depositor.rows(state="held")
    return row.id


async def read_again(depositor: Depositor, number: str) -> tuple[str, str]:
    await configured(depositor.house, "sword", **WORDS)
    await depositor.house.intake.read_again(number, OPERATOR)
    row = await depositor.row(number)
    return row.state.value, row.problem.code if row.problem is not None else ""


async def test_what_was_taken_later_stays(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY)
    number = await held(depositor, receipt)
    await depositor.ask("PUT", receipt.edit, entry(title="Newest"), ENTRY)
    before = await work(depositor, receipt.number)
    assert before.title.value == "Newest"
    assert await read_again(depositor, number) == ("held", "superseded")
    assert await work(depositor, receipt.number) == before


async def test_what_was_edited_here_stays(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    number = await held(depositor, receipt)
    stored = await depositor.house.database.read(records.get, receipt.number)
    edited = msgspec.structs.replace(stored.record, title=Text(value="Edited"))
    await save(depositor.house, receipt.number, edited, OPERATOR, version=stored.version, then=Then.SAVE, allow=lambda _: None)
    assert await read_again(depositor, number) == ("held", "superseded")
    assert (await work(depositor, receipt.number)).title.value == "Edited"


async def test_where_nothing_came_later_it_replaces(depositor: Depositor) -> None:
    receipt = await depositor.create(GOOD, ZIP)
    assert await read_again(depositor, await held(depositor, receipt)) == ("taken", "")
    assert (await work(depositor, receipt.number)).title.value == "Old"


@pytest.mark.parametrize("progress", [{}, OPEN])
async def test_metadata_replace_what_was_there_though_a_file_came_later(depositor: Depositor, progress: dict[str, str]) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY, OPEN)
    await depositor.ask("PUT", receipt.edit, entry(title="Beans", type=ODD), ENTRY, OPEN)
    [row] = await depositor.rows(state="held")
    await depositor.ask("POST", receipt.media, b"%PDF-1.4 peas", PDF, progress)
    await depositor.ask("POST", receipt.edit, b"", {"In-Progress": "false"})
    assert await read_again(depositor, row.id) == ("taken", "")
    found = await work(depositor, receipt.number)
    assert (found.title.value, [file.name for file in found.files]) == ("Beans", ["peas.pdf"])
