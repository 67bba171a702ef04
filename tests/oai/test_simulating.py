"""A harvest of ourselves: it walks every list as a harvester would, proves it, finds what is injected, and reports it."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from lxml import etree
from sqlalchemy import Connection, select, update

from server.audit.log import OPERATOR
from server.errors import Invalid
from server.house import House
from server.metadata.format import formats
from server.metadata.ruling import Facts, Fault, Rules, Weight, rules
from server.oai import harvested, simulations
from server.oai.harvested import Asked
from server.oai.proving import PROOFS
from server.oai.simulating import NAME, UNSCHOOLED, Harvest, Simulator
from server.oai.simulations import BROKEN_OFF, Simulation
from server.records.tables import feed, fragments
from server.runs import store as runs
from server.runs.model import Run, RunState
from tests.admin.visits import csrf, login
from tests.conftest import SHARED, SetClock, configured
from tests.oai.conftest import Dozen
from tests.oai.test_harvesters import tally_of
from tests.writers import Writer


class Shelf(dict):
    def __iter__(self) -> Iterator[Rules]:
        return iter(self.values())


@pytest.fixture(autouse=True)
def unruled(house: House) -> None:
    """Leave the rules of aggregators out where a test does not bring its own."""
    scripted(house, rules=Shelf())


@pytest.fixture
async def works(writer: Writer) -> list[str]:
    """Twelve works: three parts of five."""
    return [await writer.publish(f"Peas {number}") for number in range(12)]


async def records(house: House) -> list[str]:
    """The works in the order of the feed."""
    return await house.database.read(lambda tx: list(tx.execute(select(feed.c.record_id).order_by(feed.c.seq)).scalars()))


async def simulated(house: House, **wanted: object) -> tuple[Run, list[Simulation]]:
    """Simulate a harvest to its end; return the run and its walks, by format."""
    given = Harvest(**wanted)
    run = await house.database.write(runs.start, house.tasks.get(NAME), given, OPERATOR, house.clock())
    await house.worker.drain()
    found = [each for each in await house.database.read(simulations.every, 50) if each.run_id == run.id]
    return await house.database.read(runs.get, run.id), found


async def found_in(house: House, it: Simulation) -> list[tuple[str, str]]:
    faults = await house.database.read(simulations.faults, it.run_id, it.prefix, limit=100)
    return [(each.finding.rule, each.finding.message) for each in faults]


def the_simulator(house: House) -> Simulator:
    return house.tasks.get(NAME).do.__self__  # type: ignore[attr-defined]


def scripted(house: House, **parts: object) -> None:
    """Let the house simulate with other parts."""
    house.tasks._tasks[NAME] = replace(the_simulator(house), **parts).task()


async def test_every_format_is_walked_and_proved(client: TestClient, house: House, clock: SetClock, works: list[str]) -> None:
    run, walks = await simulated(house)
    assert [(each.prefix, each.delivered, each.size, each.errors) for each in walks if each.prefix == "oai_dc"] == [
        ("oai_dc", 12, 12, 0)
    ]
    assert {each.prefix for each in walks} == set(the_simulator(house).provider("").formats)
    assert all(each.ended == clock() for each in walks)
    (it,) = [each for each in walks if each.prefix == "oai_dc"]
    assert {each.name for each in it.verdicts if not each.holds} <= {"schema"} | {
        each.name for each in it.verdicts[len(PROOFS) :]
    }
    assert next(each for each in it.verdicts if each.name == "schema").unproved == UNSCHOOLED
    assert run.counts.done == run.total == len(walks)
    tally = tally_of(client)
    await tally.flush()
    assert await house.database.read(harvested.search, Asked(), clock(), 10) == []  # asking oneself is no harvest


async def test_a_set_a_context_and_the_first_records(house: House, works: list[str]) -> None:
    await configured(house, "oai", contexts=[{"path": "narrow", "title": "Narrow", "formats": ["oai_dc"], "sets": ["type"]}])
    run, (it,) = await simulated(house, base="/oai/narrow", set="type", first=7)
    assert (it.context, it.prefix, it.spec, it.first, it.delivered, it.size) == ("narrow", "oai_dc", "type", 7, 7, 12)
    assert next(each for each in it.verdicts if each.name == "count").unproved
    assert it.errors == 0
    assert run.state in {RunState.COMPLETED, RunState.WARNINGS}


def _broken(tx: Connection, record_id: str, old: bytes, new: bytes) -> None:
    """Break a record where it is kept."""
    seq = tx.execute(select(feed.c.seq).where(feed.c.record_id == record_id)).scalar_one()
    for row in tx.execute(select(fragments)).all():
        if row.key % (1 << 44) == seq:
            tx.execute(update(fragments).where(fragments.c.key == row.key).values(body=row.body.replace(old, new)))


async def test_a_record_that_is_broken_is_found(house: House, works: list[str]) -> None:
    first, second = (await records(house))[:2]
    await house.database.write(_broken, second, f":{second}<".encode(), f":{first}<".encode())
    await house.database.write(_broken, first, b"<metadata>", b"<about>")
    await house.database.write(_broken, first, b"</metadata>", b"</about>")
    run, (it,) = await simulated(house, format="oai_dc")
    assert run.state is RunState.FAILED
    assert await found_in(house, it) == [
        ("metadata", "There are no metadata."),
        ("unique", "This identifier came before in the same list."),
    ]


async def test_a_wrong_count_is_found(house: House, works: list[str]) -> None:
    honest = the_simulator(house).ask

    async def ask(context: str, pairs: list[tuple[str, str]]) -> bytes:
        return (await honest(context, pairs)).replace(b'completeListSize="12"', b'completeListSize="13"')

    scripted(house, ask=ask)
    _, (it,) = await simulated(house, format="oai_dc")
    assert await found_in(house, it) == [("count", "completeListSize says 13, and 12 records came.")]


async def test_an_answer_that_is_no_xml_is_found(house: House, works: list[str]) -> None:
    honest = the_simulator(house).ask

    async def ask(context: str, pairs: list[tuple[str, str]]) -> bytes:
        answer = await honest(context, pairs)
        return answer if "resumptionToken" not in dict(pairs) else answer[:-5]

    scripted(house, ask=ask)
    _, (it,) = await simulated(house, format="oai_dc")
    assert [rule for rule, _ in await found_in(house, it)] == ["answer", "count"]


async def test_a_walk_that_is_cancelled_says_how_far_it_came(house: House, works: list[str]) -> None:
    honest = the_simulator(house).ask

    async def ask(context: str, pairs: list[tuple[str, str]]) -> bytes:
        if "resumptionToken" in dict(pairs):
            run = await house.database.read(runs.at_work, NAME)
            await house.database.write(runs.cancel, run.id, OPERATOR, house.clock())
        return await honest(context, pairs)

    scripted(house, ask=ask)
    run, (it,) = await simulated(house, format="oai_dc")
    assert run.state is RunState.ABORTED
    assert (it.message, it.delivered, it.errors) == ("Cancelled.", 10, 0)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Invalid("The answer has no end.", remedy="Ask again."), "The answer has no end. Ask again."),
        (ZeroDivisionError(), BROKEN_OFF),
    ],
)
async def test_a_walk_that_fails_is_under_way_no_more(
    client: TestClient, house: House, clock: SetClock, works: list[str], error: Exception, message: str
) -> None:
    honest = the_simulator(house).ask

    async def ask(context: str, pairs: list[tuple[str, str]]) -> bytes:
        if "resumptionToken" in dict(pairs):
            (it,) = await house.database.read(simulations.every, 50)
            assert (it.ended, it.message) == (None, ""), "it is under way"
            raise error
        return await honest(context, pairs)

    scripted(house, ask=ask)
    run, (it,) = await simulated(house, format="oai_dc")
    assert run.state is RunState.FAILED
    assert (it.message, it.ended, it.delivered) == (message, clock(), 5)
    await login(client)
    page = await (await client.get(it.href)).text()
    assert "broken off" in page
    assert "data-refresh" not in page


async def test_what_broke_off_with_its_process_is_begun_anew(house: House, clock: SetClock) -> None:
    begun = Simulation(7, "oai_dc", "", "", 0, clock(), None, 5, 12, 0, 0, (), "")
    for _ in range(2):
        await house.database.write(simulations.begin, begun)
    assert await house.database.read(simulations.every, 10) == [replace(begun, ended=clock(), message=BROKEN_OFF)]
    clock.pass_time(days=181)
    await house.database.write(simulations.begin, replace(begun, run_id=8, begun=clock()))
    assert [each.run_id for each in await house.database.read(simulations.every, 10)] == [8]


async def test_the_rules_on_the_shelf_judge_their_formats(house: House, works: list[str]) -> None:
    scripted(house, rules=rules())
    _, walks = await simulated(house)
    for it in walks:
        (name,) = [form.name for form in formats().values() if form.prefix == it.prefix and not form.is_variant]
        judges = [each.name for each in rules() if name in each.formats]
        assert [each.name for each in it.verdicts] == [*PROOFS, *judges]


def sighs(found: etree._Element, _facts: Facts) -> Iterator[Fault]:
    if "Peas 3" in "".join(found.itertext()):
        yield Fault("no-peas", "metadata/dc/title", "=Peas are <taken> with a sigh.", Weight.ADVICE)


@pytest.fixture
async def advised(client: TestClient, house: House, works: list[str]) -> tuple[Simulation, str]:
    """A walk with one piece of advice, and the record it is about; an administrator is logged in."""
    scripted(house, rules=Shelf(a=Rules("sighs", "Sighing harvesters", "Mendel", frozenset({"oai_dc"}), sighs)))
    run, (it,) = await simulated(house, format="oai_dc")
    assert (run.state, it.errors, it.advice) == (RunState.WARNINGS, 0, 1)
    await login(client)
    return it, (await records(house))[3]


async def test_the_report_is_a_page_with_ways_to_the_works(
    client: TestClient, advised: tuple[Simulation, str], house: House
) -> None:
    it, work = advised
    assert it.href in await (await client.get(f"/admin/jobs/{it.run_id}")).text()
    assert it.href in await (await client.get("/admin/harvests/simulations")).text()
    page = await (await client.get(it.href)).text()
    assert f'href="/admin/works/{work}/edit"' in page
    assert "=Peas are &lt;taken&gt; with a sigh." in page
    assert "Sighing harvesters" in page
    assert "sigh." in await (await client.get(f"{it.href}?rule=sighs:+no-peas")).text()


async def test_the_report_is_downloaded(client: TestClient, advised: tuple[Simulation, str]) -> None:
    it, work = advised
    table = await client.get(f"{it.href}/report.csv")
    head, row = csv.reader(io.StringIO((await table.text()).removeprefix("\ufeff")))
    said = dict(zip(head, row, strict=True))
    assert said["work"].endswith(f"/admin/works/{work}/edit")
    assert said["message"] == "'=Peas are <taken> with a sigh."
    document = json.loads(await (await client.get(f"{it.href}/report.json")).text())
    assert (document["delivered"], document["prefix"], len(document["faults"])) == (12, "oai_dc", 1)
    assert document["faults"][0]["rule"] == "sighs: no-peas"
    assert [each["name"] for each in document["verdicts"]] == [*PROOFS, "sighs"]


async def test_what_is_no_walk_is_not_found(client: TestClient) -> None:
    await login(client)
    for path in ("1/oai_dc", "x/oai_dc", "1/oai_dc/report.csv", "1/oai_dc/report.json", "99999999999999999999/oai_dc"):
        assert (await client.get(f"/admin/harvests/simulations/{path}")).status == 404


async def test_what_is_not_offered_cannot_be_walked(client: TestClient, house: House, works: list[str]) -> None:
    await configured(house, "oai", contexts=[{"path": "narrow", "title": "Narrow", "formats": ["oai_dc"], "sets": ["type"]}])
    await login(client)
    page = f"/admin/jobs/start/{NAME}"
    assert 'value="/oai/narrow"' in await (await client.get(page)).text()
    for wrong, words in (({"format": "datacite"}, "not offered there"), ({"set": "collection"}, "not offered there")):
        fields = {"csrf": await csrf(client, page), "base": "/oai/narrow", "first": "0"} | wrong
        answer = await client.post(page, data=fields)
        assert answer.status == 422
        assert words in await answer.text()


async def test_a_set_without_a_member_is_offered_and_walked(client: TestClient, house: House, works: list[str]) -> None:
    await login(client)
    assert '"irus-orcid"' in await (await client.get(f"/admin/jobs/start/{NAME}")).text()
    run, (it,) = await simulated(house, format="oai_dc", set="irus-orcid")
    assert (run.state, it.delivered, it.errors, it.message) == (RunState.COMPLETED, 0, 0, "")


async def test_where_schemas_are_at_hand_they_judge(house: House, dozen: Dozen) -> None:
    folder = SHARED / "data" / "schemas"
    if not folder.exists():
        pytest.skip("the official schemas need data/schemas of SHEAF_SHARED")
    scripted(house, folder=str(folder))
    _, (it,) = await simulated(house, format="oai_dc")
    assert (it.delivered, it.errors) == (12, 0)
    assert next(each for each in it.verdicts if each.name == "schema").holds
    record = (await records(house))[0]
    await house.database.write(_broken, record, b"dc:title", b"dc:titel")
    run, (it,) = await simulated(house, format="oai_dc")
    assert {rule for rule, _ in await found_in(house, it)} == {"schema"}
    assert run.state is RunState.FAILED


async def test_a_folder_without_a_catalogue_is_named(house: House, dozen: Dozen, tmp_path: Path) -> None:
    scripted(house, folder=str(tmp_path))
    _, (it,) = await simulated(house, format="oai_dc")
    assert f"{tmp_path}/catalog.xml cannot be read" in next(each for each in it.verdicts if each.name == "schema").unproved
