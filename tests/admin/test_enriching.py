"""The pages of the enrichment: works chosen, names answered once for similar values, written, seen by harvesters, taken back."""

import re

import pytest
from aiohttp.test_utils import TestClient

from server.audit import log as audit
from server.enrichment import asking
from server.enrichment import store as enrichments
from server.enrichment.gathering import Enriched
from server.enrichment.kind import SERVERS, strange
from server.enrichment.writing import WRITE
from server.house import House
from server.identifiers.model import Pace
from server.people import keeping
from server.people.model import Person, PersonId
from server.records import store
from server.records.model import Affiliation, Agent, AgentId, Contributor, Identifier
from server.runs import store as runs
from server.runs.model import RunState
from tests.admin.visits import csrf, login
from tests.conftest import SetClock
from tests.enrichment.conftest import ABBEY, CARL, GREGOR, OTHER, asked, orcid, profiled  # noqa: F401 -- fixtures
from tests.fakes.orcid_public import FakePublicOrcid, Mood
from tests.writers import Writer

HOME = "/admin/enrich"


@pytest.fixture
async def clerk(asked: House, client: TestClient) -> TestClient:  # noqa: F811 -- the fixture
    await login(client)
    return client


@pytest.fixture
def writer(house: House) -> Writer:
    return Writer(house.database, house.press, house.clock)


async def sent(client: TestClient, path: str, page: str = HOME, **fields: object):
    pairs = [("csrf", await csrf(client, page))]
    for name, value in fields.items():
        pairs += [(name.replace("_", "-"), each) for each in (value if isinstance(value, list) else [value])]
    return await client.post(path, data=pairs, allow_redirects=False)


async def gathered(client: TestClient, house: House, **chosen: object) -> str:
    """Choose works, let the search run, and return the address of the enrichment."""
    shown = await sent(client, f"{HOME}/choose", **({"what": "all"} | chosen))
    assert shown.status == 200
    begun = await sent(client, HOME, **chosen)
    assert begun.status == 303, await begun.text()
    await house.worker.drain()
    return begun.headers["Location"].partition("?")[0]


def stamp(page: str, place: int = 0) -> str:
    """The stamp of the answer a page shows for a name."""
    return re.search(rf'name="was-{place}" value="([^"]+)"', page)[1]


async def applied(client: TestClient, house: House, at: str, deed: str = "write", count: int = 2) -> runs.Run:
    answer = await sent(client, f"{at}/{deed}", page=f"{at}/{deed}", count=count)
    assert answer.status == 303, await answer.text()
    number = int(re.search(r"/admin/jobs/(\d+)", answer.headers["Location"])[1])
    await house.worker.drain()
    return await house.database.read(runs.get, number)


def iris(record: object, part: str = "creators") -> list[str]:
    return [agent.id_of("orcid") for agent in getattr(record, part)]


async def mendels(writer: Writer) -> tuple[str, str]:
    """Two works of one name: the first with a DOI that ORCID knows too, the second with another affiliation and a contributor."""
    abbey = Agent(family="Mendel", given="Gregor", affiliations=(Affiliation(name=ABBEY),))
    first = await writer.publish("Peas", creators=(abbey,), identifiers=(Identifier(scheme="doi", value="10.5072/peas"),))
    plain = Agent(family="MENDEL", given="Gregor")
    editor = Contributor(family="Nägeli", given="Karl", role="Editor")
    return first, await writer.publish("Hawkweed", creators=(plain,), contributors=(editor,))


async def test_one_answer_is_written_wherever_the_name_stands_and_is_taken_back(
    clerk: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    first, second = await mendels(writer)
    before = await (await clerk.get("/oai?verb=ListRecords&metadataPrefix=marcxml")).text()
    assert "orcid.org" not in before
    at = await gathered(clerk, house)
    page = await (await clerk.get(at)).text()
    for words in (
        "Gregor Johann Mendel (Abbey of St Thomas)", "A work in common, by its DOI", "In 2 works; the answer is for all",
        "strong,", "Gregor Mendel (University of Nowhere)", "Carl von Nägeli (LMU Munich)", "Also known as",
    ):  # fmt: skip
        assert words in page, words
    assert page.index(GREGOR.orcid) < page.index(OTHER.orcid), "the likelier stands first"
    places = re.findall(r'name="shown-0" value="([^"]+)"', page)
    assert len(places) == 2
    kept = await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0=GREGOR.orcid, shown_0=places, place_0=places)
    assert kept.headers["Location"].endswith("done=saved")
    confirm = await (await clerk.get(f"{at}/write")).text()
    assert "2 works become new versions" in confirm
    assert (await sent(clerk, f"{at}/write", page=f"{at}/write", count=3)).status == 422
    clock.pass_time(seconds=90)
    run = await applied(clerk, house, at)
    assert (run.state, run.counts.changed) == (RunState.COMPLETED, 2)
    works = [await house.database.read(store.get, number) for number in (first, second)]
    for work in works:
        assert iris(work.record) == [f"https://orcid.org/{GREGOR.orcid}"]
        assert work.record.creators[0].ids[0].authenticated is False
        assert work.version == 2
    assert iris(works[1].record, "contributors") == [""], "nobody was chosen there"
    harvested = await (await clerk.get("/oai?verb=ListRecords&metadataPrefix=marcxml&from=2026-03-14T09:28:00Z")).text()
    assert harvested.count(f'<subfield code="1">https://orcid.org/{GREGOR.orcid}</subfield>') == 2
    assert '<subfield code="a">MENDEL, Gregor</subfield>' in harvested, "the heading is as it was"
    wanted = audit.Asked(subject_kind="record", subject=first)
    noted = (await house.database.read(audit.search, wanted, 1))[0]
    assert (noted.deed, noted.actor.name) == ("record.changed", "admin")
    clock.pass_time(seconds=90)
    run = await applied(clerk, house, at, "undo")
    assert (run.state, run.counts.changed) == (RunState.COMPLETED, 2)
    again = [await house.database.read(store.get, number) for number in (first, second)]
    assert [iris(work.record) for work in again] == [[""], [""]]
    assert "There is nothing to take back" in await (await clerk.get(f"{at}/undo")).text()
    assert (await applied(clerk, house, at)).counts.changed == 2, "it can be written again"


async def test_what_is_left_out_is_not_written_and_what_stands_there_stays(
    clerk: TestClient, house: House, writer: Writer
) -> None:
    first, second = await mendels(writer)
    mine = AgentId(scheme="orcid", value=f"https://orcid.org/{OTHER.orcid}")
    third = await writer.publish("Bees", creators=(Agent(family="Mendel", given="Gregor", ids=(mine,)),))
    at = await gathered(clerk, house)
    page = await (await clerk.get(at)).text()
    assert "1 work names another iD for this name; it stays." in page
    assert "The name stands with this iD in other works of the selection" in page
    places = re.findall(r'name="shown-0" value="([^"]+)"', page)
    there = [place for place in places if place.startswith(first)]
    await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0=GREGOR.orcid, shown_0=places, place_0=there)
    confirm = await (await clerk.get(f"{at}/write")).text()
    assert "Another iD stands there, and stays" in confirm
    assert OTHER.orcid in confirm
    # Meanwhile somebody writes another iD into the work that is left.
    stored = await house.database.read(store.get, first)
    await writer.revise(first, "Peas", creators=(Agent(family="Mendel", given="Gregor", ids=(mine,)),), type=stored.record.type)
    run = await applied(clerk, house, at, count=1)
    assert run.state is RunState.WARNINGS
    for number, expected in ((first, OTHER.orcid), (second, ""), (third, OTHER.orcid)):
        found = iris((await house.database.read(store.get, number)).record)
        assert found == [f"https://orcid.org/{expected}" if expected else ""]


async def test_ids_of_a_registry_for_trials_do_not_come_into_works(
    house: House,
    client: TestClient,
    writer: Writer,
    orcid: FakePublicOrcid,  # noqa: F811 -- the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "PACE", Pace(100_000, 1.0, 100_000))
    await profiled(house, endpoint=orcid.url)
    monkeypatch.setitem(SERVERS, "production", ("https://orcid.org", "https://pub.orcid.org/v3.0"))
    await login(client)
    first, _ = await mendels(writer)
    at = await gathered(client, house)
    assert "registry for trials" in await (await client.get(at)).text()
    await sent(client, at, page=at, similar_0="mendel gregor", orcid_0=GREGOR.orcid)
    page = await (await client.get(f"{at}/write")).text()
    assert "registry for trials" in page
    assert 'name="count"' not in page
    refused = await sent(client, f"{at}/write", page=f"{at}/write", count=2)
    assert refused.status == 422
    await house.worker.drain()
    assert iris((await house.database.read(store.get, first)).record) == [""]


async def test_the_works_to_write_are_found_page_by_page(clerk: TestClient, house: House, writer: Writer) -> None:
    numbers = sorted((*await mendels(writer), await writer.publish("Bees", creators=(Agent(family="Mendel", given="Gregor"),))))
    at = await gathered(clerk, house)
    of = Enriched(enrichment=int(at.rpartition("/")[2]))
    task = house.tasks.get(WRITE)

    async def found(after: str = "", size: int = 10) -> list[str]:
        return [item.id for item in await house.database.read(task.subjects, of, after, size)]

    assert await found() == [], "nothing is chosen yet"
    left_out = f"{numbers[1]}:creators:0"
    await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0=GREGOR.orcid, shown_0=[left_out], place_0=[])
    assert await found() == [numbers[0], numbers[2]]
    assert await found(size=1) == [numbers[0]]
    assert await found(after=numbers[0], size=1) == [numbers[2]]
    assert await house.database.read(task.count, of) == 2
    await applied(clerk, house, at)
    assert await found() == [], "written already"
    listed = await (await clerk.get(HOME)).text()
    assert '<td data-label="Works">3</td>' in listed
    assert '<td data-label="Answered">1</td>\n<td data-label="Written">2</td>' in listed


@pytest.mark.parametrize(
    ("registry", "own", "allowed"),
    [
        ("https://pub.orcid.org/v3.0", "https://repository.example.org", True),
        ("https://pub.sandbox.orcid.org/v3.0", "https://repository.example.org", False),
        ("https://pub.sandbox.orcid.org/v3.0", "http://127.0.0.1:8080", False),
        ("http://127.0.0.1:8472/v3.0", "https://repository.example.org", False),
        ("http://127.0.0.1:8472/v3.0", "http://127.0.0.1:8080", True),
    ],
)
def test_invented_ids_are_for_a_house_nobody_else_reaches(registry: str, own: str, *, allowed: bool) -> None:
    assert (strange(registry, own) == "") is allowed


async def test_the_pages_outlive_the_report_of_the_search(
    clerk: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    await mendels(writer)
    at = await gathered(clerk, house)
    clock.pass_time(days=200)
    while await house.database.write(runs.forget, clock()):
        pass
    await login(clerk)
    assert "Enrichment" in await (await clerk.get(HOME)).text()
    page = await clerk.get(at)
    assert page.status == 200
    assert "data-refresh" not in await page.text()


async def test_taking_back_leaves_what_somebody_changed_since(clerk: TestClient, house: House, writer: Writer) -> None:
    first, second = await mendels(writer)
    at = await gathered(clerk, house)
    await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0=GREGOR.orcid)
    await applied(clerk, house, at)
    proved = AgentId(scheme="orcid", value=f"https://orcid.org/{GREGOR.orcid}", authenticated=True)
    await writer.revise(first, "Peas", creators=(Agent(family="Mendel", given="Gregor", ids=(proved,)),))
    run = await applied(clerk, house, at, "undo")
    assert (run.counts.changed, run.counts.warning) == (1, 1)
    assert iris((await house.database.read(store.get, first)).record) == [f"https://orcid.org/{GREGOR.orcid}"]
    assert iris((await house.database.read(store.get, second)).record) == [""]


async def test_what_is_strong_is_chosen_for_the_open_ones(clerk: TestClient, house: House, writer: Writer) -> None:
    await mendels(writer)
    at = await gathered(clerk, house)
    number = int(at.rpartition("/")[2])
    assert (await sent(clerk, f"{at}/strong", page=at)).status == 303
    answers = await house.database.read(enrichments.answers, number)
    assert {name: said.orcid for name, said in answers.items()} == {"mendel gregor": GREGOR.orcid}
    page = await (await clerk.get(f"{at}?show=answered")).text()
    assert f'value="{GREGOR.orcid}" checked' in page
    await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0="later", was_0=stamp(page))
    await sent(clerk, at, page=at, similar_0="nageli karl", orcid_0="none")
    answers = await house.database.read(enrichments.answers, number)
    assert {name: said.orcid for name, said in answers.items()} == {"nageli karl": ""}


async def test_a_page_opened_earlier_does_not_take_back_what_somebody_else_answered(
    clerk: TestClient, house: House, writer: Writer
) -> None:
    await mendels(writer)
    at = await gathered(clerk, house)
    number = int(at.rpartition("/")[2])
    names = {"similar_0": "mendel gregor", "similar_1": "nageli karl"}
    first = await sent(clerk, at, page=at, **names, orcid_0=GREGOR.orcid, orcid_1="later")
    assert first.headers["Location"].endswith("done=saved")
    # Somebody else opened the page before; both names were open there.
    second = await sent(clerk, at, page=at, **names, orcid_0="later", orcid_1=CARL.orcid)
    assert second.headers["Location"].endswith("done=saved")
    answers = await house.database.read(enrichments.answers, number)
    assert {name: said.orcid for name, said in answers.items()} == {"mendel gregor": GREGOR.orcid, "nageli karl": CARL.orcid}
    third = await sent(clerk, at, page=at, **names, orcid_0=OTHER.orcid, orcid_1="none")
    assert third.headers["Location"].endswith("done=answered-meanwhile")
    assert "somebody else answered" in await (await clerk.get(third.headers["Location"])).text()
    assert await house.database.read(enrichments.answers, number) == answers
    page = await (await clerk.get(f"{at}?show=answered")).text()
    changed = await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0=OTHER.orcid, was_0=stamp(page))
    assert changed.headers["Location"].endswith("done=saved")
    assert (await house.database.read(enrichments.answers, number))["mendel gregor"].orcid == OTHER.orcid


async def test_only_a_candidate_of_the_name_is_an_answer(clerk: TestClient, house: House, writer: Writer) -> None:
    await mendels(writer)
    at = await gathered(clerk, house)
    await sent(clerk, at, page=at, similar_0="mendel gregor", orcid_0=CARL.orcid)
    await sent(clerk, at, page=at, similar_0="nobody", orcid_0="none")
    assert await house.database.read(enrichments.answers, int(at.rpartition("/")[2])) == {}
    assert (await clerk.get(f"{HOME}/77")).status == 404
    assert (await clerk.get(f"{HOME}/{'9' * 30}")).status == 404


async def test_our_own_people_are_candidates_too(clerk: TestClient, house: House, writer: Writer) -> None:
    own = Person(family="Mendel", given="Gregor", ids=(PersonId(value="0000-0002-9079-593X"),))
    await house.database.write(keeping.add, own, audit.OPERATOR, house.clock())
    await mendels(writer)
    page = await (await clerk.get(await gathered(clerk, house))).text()
    assert "One of our people: <bdi>Mendel, Gregor</bdi>" in page
    assert "0000-0002-9079-593X" in page, "ORCID has locked it, and we know it"


async def test_a_selection_and_a_set_are_choices(clerk: TestClient, house: House, writer: Writer) -> None:
    first, _ = await mendels(writer)
    selected = await sent(clerk, f"{HOME}/choose", page="/admin/works", what="selected", id=[first], query="")
    assert "in 1 work" in await selected.text()
    at = await gathered(clerk, house, what="selected", id=[first])
    tally = await house.database.read(enrichments.tally, int(at.rpartition("/")[2]))
    assert (tally.works, tally.lacking) == (1, 1)
    at = await gathered(clerk, house, spec="open_access")
    assert (await house.database.read(enrichments.tally, int(at.rpartition("/")[2]))).works == 2
    nothing = await sent(clerk, f"{HOME}/choose", page="/admin/works", what="selected", query="q=peas")
    assert nothing.headers["Location"] == "/admin/works?q=peas&done=nothing-selected"


async def test_an_outage_of_orcid_fails_nothing_and_the_search_goes_on(
    clerk: TestClient,
    house: House,
    writer: Writer,
    orcid: FakePublicOrcid,  # noqa: F811 -- the fixture
    clock: SetClock,
) -> None:
    await mendels(writer)
    orcid.mood = Mood.DOWN
    at = await gathered(clerk, house)
    number = int(at.rpartition("/")[2])
    run = (await house.database.read(enrichments.get, number)).gathered
    for _ in range(8):
        clock.pass_time(minutes=30)
        await house.worker.drain()
    assert (await house.database.read(runs.get, run)).state is RunState.RUNNING
    assert len(orcid.log) < 20
    orcid.mood = Mood.WELL
    for _ in range(3):  # one work tries whether ORCID is back, the others wait for the outcome
        clock.pass_time(minutes=30)
        await house.worker.drain()
    found = await house.database.read(runs.get, run)
    assert (found.state, found.counts.failed) == (RunState.COMPLETED, 0)


async def test_without_a_profile_the_page_says_so(client: TestClient, writer: Writer) -> None:
    await writer.publish("Peas")
    await login(client)
    assert "there is no profile of its Public API" in await (await client.get(HOME)).text()
    shown = await (await sent(client, f"{HOME}/choose", what="all")).text()
    assert "there is no profile of its Public API" in shown
    assert "<button>Begin</button>" not in shown
    assert (await sent(client, HOME, what="all")).status == 409
