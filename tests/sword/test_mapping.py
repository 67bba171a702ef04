"""What a client means by its own words, what holds a deposit, and what no update overwrites: as the profile says."""

from datetime import date

import pytest

from server.audit.log import OPERATOR
from server.metadata.reading import Remark
from server.records import store as records
from server.records.model import Dates, Record, Text, Thesis
from server.sword import problems
from server.sword.mapping import dated, folded, kept, mapped, weighed
from server.sword.model import Content, Rules
from server.sword.problems import Weight
from tests.conftest import configured, entry
from tests.sword.conftest import ENTRY, MODS, OPEN, PDF, ZIP, Depositor, archive

WORDS = {"types": [{"word": "Research  Paper", "type": "publication.journalArticle"}]}
PEAS = Record(type="other.other", title=Text(value="Peas"))
UNKNOWN = Remark("no such type", code="type-unknown", value="Research paper")


async def said(depositor: Depositor, number: str) -> list[tuple[Weight, str, str]]:
    """What is known of a deposit, but for the habits of its client."""
    known = await depositor.house.database.read(problems.of, number)
    found = [(each.weight, each.problem.code, each.problem.value) for each in known]
    return [each for each in found if not each[1].startswith("quirk-")]


def untyped(**more: object) -> Content:
    return Content(record=PEAS, remarks=(UNKNOWN,), types=("Research paper",), **more)  # type: ignore[arg-type]


def test_a_word_the_profile_knows_is_understood_and_no_remark_is_left() -> None:
    rules = Rules(types={"research paper": "publication.journalArticle"})
    content, notes = mapped(untyped(), rules)
    assert content.record is not None
    assert (content.record.type, content.remarks) == ("publication.journalArticle", ())
    assert notes == ("The type “Research paper” is publication.journalArticle, as the profile says.",)


def test_the_profile_goes_before_what_we_know_of_a_word() -> None:
    known = Content(record=Record(type="dataset.dataset", title=Text(value="Peas")), types=("Dataset",))
    content, _ = mapped(known, Rules(types={"dataset": "publication.report"}))
    assert content.record is not None
    assert content.record.type == "publication.report"


def test_languages_are_understood_in_their_order() -> None:
    left = Remark("Not taken up: x", code="language-unknown", value="Plattdüütsch")
    record = Record(type="other.other", title=Text(value="Peas"), languages=("de", "en"))
    content = Content(record=record, remarks=(left,), languages=("Plattdüütsch", "de", "English"))
    content, notes = mapped(content, Rules(languages={"plattdüütsch": "nds", "english": "en-GB"}))
    assert content.record is not None
    assert content.record.languages == ("nds", "de", "en-GB")
    assert not content.remarks
    assert len(notes) == 2


def test_what_nobody_mapped_stays_as_it_was_read() -> None:
    assert mapped(untyped(), Rules()) == (untyped(), ())
    assert mapped(Content(), Rules(types={"a": "dataset.dataset"})) == (Content(), ())
    assert folded(" Research \n PAPER ") == "research paper"


def test_the_remarks_a_profile_names_hold_and_the_others_are_said() -> None:
    guessed = Remark("guessed", code="guessed")
    holding, warnings = weighed((guessed, UNKNOWN), PEAS, Rules(holds=frozenset({"type-unknown"})))
    assert [(each.code, each.value) for each in holding] == [("type-unknown", "Research paper")]
    assert holding[0].remedy
    assert [each.code for each in warnings] == ["guessed"]
    assert weighed((UNKNOWN,), PEAS, Rules(holds=frozenset()))[0] == ()


def test_an_unknown_type_holds_nothing_where_another_document_names_one() -> None:
    typed = Record(type="dataset.dataset", title=Text(value="Peas"))
    assert weighed((UNKNOWN,), typed, Rules())[0] == ()


@pytest.mark.parametrize(("default", "issued"), [("year", "1866"), ("day", "1866-02-08"), ("none", "")])
def test_a_work_without_a_date_gets_what_the_profile_says(default: str, issued: str) -> None:
    record, remarks = dated(PEAS, default, date(1866, 2, 8))
    assert record.dates.issued == issued
    assert bool(remarks) == bool(issued)


def test_a_work_that_has_a_date_keeps_it() -> None:
    for stated in (
        Record(type="other.other", title=Text(value="Peas"), dates=Dates(issued="1865")),
        Record(type="other.other", title=Text(value="Peas"), thesis=Thesis(date_awarded="1865")),
    ):
        assert dated(stated, "year", date(1866, 2, 8)) == (stated, ())


def test_fields_that_are_kept_are_as_before_and_that_is_said() -> None:
    changed = Record(type="other.other", title=Text(value="Beans"), subtitle="new")
    record, remarks = kept(changed, PEAS, {"title", "creators"})
    assert (record.title.value, record.subtitle) == ("Peas", "new")
    assert [(each.code, each.value) for each in remarks] == [("kept", "title")]


async def test_an_unknown_type_is_held_mapped_and_read_again(depositor: Depositor) -> None:
    house = depositor.house
    receipt = await depositor.create(entry(type="Research paper", more="<dcterms:foo>bar</dcterms:foo>"), ENTRY)
    assert (await depositor.state(receipt))[0] == "held"
    [row] = await depositor.rows(state="held")
    assert row.problem is not None
    assert (row.problem.code, row.problem.value, row.title) == ("type-unknown", "Research paper", "Peas")
    assert [each[:2] for each in await said(depositor, row.id)] == [(Weight.HOLD, "type-unknown"), (Weight.WARN, "unmapped")]
    understood = await house.database.read(problems.understood_of, row.id)
    assert understood is not None
    assert understood[0].title.value == "Peas"
    await configured(house, "sword", **WORDS)
    await house.intake.read_again(row.id, OPERATOR)
    stored = await house.database.read(records.get, receipt.number)
    assert (stored.state, stored.record.type) == ("published", "publication.journalArticle")
    events = await depositor.events(row.id)
    assert any(event.what == "mapped" for event in events)


async def test_what_came_while_it_was_held_is_there_when_it_is_read_again(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(type="Research paper"), ENTRY, OPEN)
    [row] = await depositor.rows(state="held")
    assert (await depositor.ask("POST", receipt.media, b"%PDF-1.4 peas", PDF)).status == 201
    assert (await depositor.ask("POST", receipt.edit, b"", {"In-Progress": "false"})).status == 200
    assert (await depositor.state(receipt))[0] == "held"
    await configured(depositor.house, "sword", **WORDS)
    await depositor.house.intake.read_again(row.id, OPERATOR)
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert stored.state == "published", "its client had completed it"
    assert [file.name for file in stored.record.files] == ["peas.pdf"]
    assert (await depositor.state(receipt))[0] == "accepted"


async def test_a_collection_with_a_type_of_its_own_takes_what_names_none(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", collections=[{"id": "works", "title": "Works", "type": "dataset.dataset"}])
    receipt = await depositor.create(entry(type="Research paper"), ENTRY)
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert (stored.state, stored.record.type) == ("published", "dataset.dataset")


async def test_where_nothing_holds_an_unknown_type_is_other_and_said(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", holds=[])
    receipt = await depositor.create(entry(type="Research paper"), ENTRY)
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert (stored.state, stored.record.type) == ("published", "other.other")
    [row] = await depositor.rows(state="taken")
    assert await said(depositor, row.id) == [(Weight.WARN, "type-unknown", "Research paper")]


async def test_content_that_would_be_held_is_refused_where_the_profile_refuses(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", content_faults="refuse")
    refused = await depositor.ask("POST", depositor.collection, entry(type="Research paper"), ENTRY)
    assert refused.status == 400
    assert "Research paper" in refused.body.decode()
    assert await said(depositor, refused.reference) == [(Weight.HOLD, "type-unknown", "Research paper")]


async def test_an_update_leaves_the_fields_that_the_profile_keeps(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(), ENTRY)
    await configured(depositor.house, "sword", keeps=["title", "dates"])
    changed = await depositor.ask("PUT", receipt.edit, entry(title="Beans", creator="Darwin, Charles", issued="1876"), ENTRY)
    assert changed.status == 200
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert (stored.record.title.value, stored.record.dates.issued) == ("Peas", "1866")
    assert stored.record.creators[0].family == "Darwin"
    [*_, row] = await depositor.rows(state="taken")
    assert await said(depositor, row.id) == [(Weight.WARN, "kept", "dates"), (Weight.WARN, "kept", "title")]


async def test_works_without_a_date_are_dated_by_their_deposit(depositor: Depositor) -> None:
    await configured(depositor.house, "sword", default_dates="year")
    receipt = await depositor.create(entry(issued=""), ENTRY)
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert stored.record.dates.issued == str(depositor.house.clock().year)


async def test_what_is_added_without_a_type_is_not_warned_of(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(type="Dataset"), ENTRY, OPEN)
    more = b"<entry xmlns='http://www.w3.org/2005/Atom'><title>Peas</title></entry>"
    assert (await depositor.ask("POST", receipt.edit, more, ENTRY)).status == 200
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert stored.record.type == "dataset.dataset"
    assert "type-missing" not in [code for _, code, _ in await said(depositor, (await depositor.rows())[-1].id)]


async def test_of_metadata_beside_files_that_are_replaced_it_is_said_that_they_were_not_taken(depositor: Depositor) -> None:
    receipt = await depositor.create(entry(title="Peas"), ENTRY)
    odd = archive(mods_xml=MODS.replace(b"</mods>", b"<note>in pots</note></mods>"), peas_csv=b"1,2")
    assert (await depositor.ask("PUT", receipt.media, odd, ZIP)).status == 204
    stored = await depositor.house.database.read(records.get, receipt.number)
    assert stored.record.title.value == "Peas"
    assert [code for _, code, _ in await said(depositor, (await depositor.rows())[-1].id)] == ["metadata-left"]
