"""What the agency of a work's DOI would refuse is said of its deposit, which is taken all the same unless the profile holds it."""

from sqlalchemy import Connection

from server import control
from server.house import House
from server.identifiers import ledger
from server.identifiers.tables import identifiers
from server.jobs.tables import jobs
from server.sword import problems
from server.sword.problems import Weight
from tests.conftest import configured, entry
from tests.sword.conftest import ENTRY, OPEN, Depositor
from tests.sword.test_trial import tried

URL_FOR_A_NAME = "<dcterms:publisher>https://ror.org/02jx3x895</dcterms:publisher>"
DATACITE = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse", "environment": "test"}
CROSSREF = DATACITE | {"account_id": "role", "registration_name": "Abbey", "email": "a@example.org", "repository_name": "Notes"}


async def agency(house: House, kind: str = "datacite", **more: object) -> None:
    values = (CROSSREF if kind == "crossref" else DATACITE) | more
    await control.profile_set(house, control.ProfileSet(kind=kind, name=kind, values=values))


async def known(depositor: Depositor) -> list[tuple[str, str, str, Weight]]:
    """Return what the monitor knows of the latest deposit."""
    latest = (await depositor.rows())[-1]
    found = await depositor.house.database.read(problems.of, latest.id)
    return [(k.problem.code, k.problem.place, k.problem.message, k.weight) for k in found if k.problem.code.startswith("agency-")]


async def test_the_receipt_and_the_monitor_name_the_field(depositor: Depositor) -> None:
    await agency(depositor.house)
    answer = await depositor.create(entry(more=URL_FOR_A_NAME), ENTRY)
    assert answer.status == 201
    said = (
        "agency-refuses",
        "publisher.name",
        "DataCite would refuse it: Publisher, Name: looks like a URL; put the name here and the ROR in its identifier.",
        Weight.WARN,
    )
    assert said in await known(depositor)
    assert (await depositor.rows())[-1].state == "taken"
    work = (await depositor.rows())[-1].container_id
    assert [each.own for each in await depositor.house.database.read(ledger.of_record, work)] == [True], "its DOI is reserved"


async def test_an_address_that_is_no_ror_is_advised_against_and_a_row_is_counted_from_one(depositor: Depositor) -> None:
    await agency(depositor.house)
    more = "<dcterms:publisher>http://example.org/pub</dcterms:publisher><dcterms:creator>Euler et al.</dcterms:creator>"
    await depositor.create(entry(more=more), ENTRY)
    found = await known(depositor)
    assert {code for code, *_ in found} == {"agency-told-otherwise"}
    told = [message for _, _, message, _ in found]
    assert (
        "DataCite would be told otherwise: Publisher, Name: looks like a URL; works are cited by it, so put the name here."
        in told
    )
    assert any(message.startswith("DataCite would be told otherwise: Creator") for message in told), told
    assert not any("creators." in message for message in told)


async def test_a_refused_work_that_is_mended_is_said_to_be_sent_again(depositor: Depositor) -> None:
    await agency(depositor.house)
    receipt = await depositor.create(entry(), ENTRY)

    def refuse(tx: Connection, state: str) -> None:
        tx.execute(identifiers.update().values(state="rejected"))
        tx.execute(jobs.update().where(jobs.c.kind == "register", jobs.c.state == "ready").values(state=state))

    await depositor.house.database.write(refuse, "done")
    assert "not registered: the agency refuses the metadata" in (await depositor.get(receipt.edit)).text("s:treatment")
    await depositor.ask("PUT", receipt.edit, entry(title="Peas and beans"), ENTRY)
    said = (await depositor.get(receipt.edit)).text("s:treatment")
    assert "the corrected ones are sent" in said
    assert "refuses the metadata" not in said
    await depositor.house.database.write(refuse, "held")
    assert "the agency refuses the metadata" in (await depositor.get(receipt.edit)).text("s:treatment")


async def test_without_an_agency_nothing_is_said(depositor: Depositor) -> None:
    await depositor.create(entry(more=URL_FOR_A_NAME), ENTRY)
    await depositor.house.keeper.live.look()
    assert await known(depositor) == []


async def test_only_the_agency_of_the_type_speaks(depositor: Depositor) -> None:
    await agency(depositor.house, types=["dataset"])
    await agency(depositor.house, "crossref", types=["publication.report"])
    await depositor.create(entry(type="Journal article", more=URL_FOR_A_NAME), ENTRY)
    assert await known(depositor) == [], "no agency serves journal articles"
    await depositor.create(entry(type="Report", more=URL_FOR_A_NAME), ENTRY)
    assert [code for code, *_ in await known(depositor)] == ["agency-told-otherwise"], "Crossref's, which only frowns at it"
    await depositor.create(entry(type="Dataset", more=URL_FOR_A_NAME), ENTRY)
    assert "agency-refuses" in [code for code, *_ in await known(depositor)], "DataCite's"


async def test_a_work_that_comes_with_a_doi_is_somebody_elses(depositor: Depositor) -> None:
    await agency(depositor.house)
    doi = "<dcterms:identifier>https://doi.org/10.5072/x</dcterms:identifier>"
    await depositor.create(entry(more=URL_FOR_A_NAME + doi), ENTRY)
    assert await known(depositor) == []


async def test_a_profile_can_hold_what_would_be_refused(depositor: Depositor) -> None:
    await agency(depositor.house)
    await configured(depositor.house, "sword", holds=["agency-refuses"])
    await depositor.create(entry(more=URL_FOR_A_NAME), ENTRY)
    held = (await depositor.rows())[-1]
    assert (held.state, held.problem.code, held.problem.place) == ("held", "agency-refuses", "publisher.name")
    assert held.problem.remedy == "Correct the field named and send it again by PUT."
    await depositor.create(entry(), ENTRY)
    assert (await depositor.rows())[-1].state == "taken", "what it only frowns at is taken"


async def test_a_change_is_looked_at_too_and_what_is_not_finished_is_not(depositor: Depositor) -> None:
    await agency(depositor.house)
    answer = await depositor.create(entry(more=URL_FOR_A_NAME), ENTRY, OPEN)
    assert await known(depositor) == [], "more is to come"
    edit = answer.headers["Location"]
    await depositor.ask("PUT", edit, entry(more="<dcterms:publisher>University College</dcterms:publisher>"), ENTRY)
    assert await known(depositor) == []
    await depositor.ask("PUT", edit, entry(more=URL_FOR_A_NAME), ENTRY)
    assert "agency-refuses" in [code for code, *_ in await known(depositor)], "its own DOI's agency says it"


async def test_a_dry_run_says_it(depositor: Depositor) -> None:
    await agency(depositor.house)
    _, said = await tried(depositor, entry(more=URL_FOR_A_NAME), ENTRY)
    assert said["becomes"] == "accepted"
    (found,) = [each for each in said["problems"] if each["code"] == "agency-refuses"]
    assert (found["weight"], found["place"], found["value"]) == ("warn", "publisher.name", "publisher.name")
