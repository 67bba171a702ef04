"""Sets and contexts as harvesters meet them: what a set holds, what leaves it, and that walking reconstructs it whatever happens."""

import random
from dataclasses import dataclass, field

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as run
from hypothesis import strategies as st
from lxml import etree

from server import regrouping
from server.house import House
from server.metadata.sets import FAMILIES as ALL_FAMILIES
from server.metadata.sets import STANDARD, Grouping
from server.oai.definition import Context, Definition
from server.profiles.model import Wrong
from server.records import store
from server.records.query import Facts
from server.records.store import State
from tests.conftest import SetClock, configured
from tests.oai.conftest import NS, Answer, checked
from tests.writers import Writer

OPEN = {"spec": "mine:open", "name": "Open <ones>", "description": "For & by all", "conditions": {"access": ["open"]}}
THESES = {"spec": "mine:theses", "name": "Theses", "conditions": {"types": ["etd"]}}


async def at(client: TestClient, context: str = "", **arguments: str) -> Answer:
    path = f"/oai/{context}" if context else "/oai"
    answer = await client.get(path, params={key.rstrip("_"): value for key, value in arguments.items()})
    assert answer.status == 200
    return checked(await answer.read(), f"https://repository.example.org{path}")


async def settled(house: House, clock: SetClock) -> None:
    """Let the regrouping that waits be done."""
    clock.pass_time(seconds=15)
    await house.worker.drain()


def specs(answer: Answer) -> list[str]:
    return answer.all("//o:set/o:setSpec/text()")


async def test_sets_are_listed_with_their_names_descriptions_and_parents(
    client: TestClient, house: House, writer: Writer
) -> None:
    await configured(house, "oai", saved_sets=[OPEN, THESES], contexts=[{"path": "few", "title": "Few", "sets": ["theses"]}])
    await writer.publish("Peas", access="open")
    listed = await at(client, verb="ListSets")
    found = dict(zip(specs(listed), listed.all("//o:setName/text()"), strict=True))
    assert (found["mine"], found["mine:open"], found["collection:works"]) == ("mine", "Open <ones>", "Works")
    assert "For & by all" in listed.all("//o:setDescription//dc:description/text()")
    assert {"openaire", "driver", "ec_fundedresources", "irus-orcid", "theses"} <= found.keys(), "also where nobody is a member"
    for place, spec in enumerate(found):
        assert spec.rpartition(":")[0] in {"", *list(found)[:place]}, "parents come first"
    few = await at(client, "few", verb="ListSets")
    assert specs(few) == ["mine", "mine:open", "mine:theses", "theses"]
    whole = await at(client, verb="ListRecords", metadataPrefix="oai_dc")
    assert set(whole.all("//o:header/o:setSpec/text()")) <= found.keys(), "every setSpec of a header is listed (OAI-PMH 2.6)"
    assert set(
        (await at(client, "few", verb="ListIdentifiers", metadataPrefix="oai_dc")).all("//o:header/o:setSpec/text()")
    ) <= set(specs(few))


async def test_a_collection_is_called_as_its_server_calls_it(client: TestClient, house: House, writer: Writer) -> None:
    await writer.publish()
    await configured(house, "sword", collections=[{"id": "works", "title": "Papers & <more>"}])
    listed = await at(client, verb="ListSets")
    assert "Papers & <more>" in listed.all("//o:setName/text()")


async def test_a_set_that_is_defined_has_its_members_sent_anew_and_one_taken_away_its_deletions(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    ids = [await writer.publish(f"Work {n}", access="open" if n % 2 else "restricted") for n in range(6)]
    clock.pass_time(days=1)
    before = (await at(client, verb="Identify")).text("//o:responseDate")
    await configured(house, "oai", saved_sets=[OPEN])
    assert (await at(client, verb="ListRecords", metadataPrefix="oai_dc", set="mine:open")).codes == ["noRecordsMatch"]
    await settled(house, clock)
    members = await at(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set="mine:open")
    assert sorted(members.ids) == sorted(ids[1::2])
    anew = await at(client, verb="ListIdentifiers", metadataPrefix="oai_dc", from_=before)
    assert sorted(anew.ids) == sorted(ids[1::2]), "the others keep their datestamps"
    assert sorted((await at(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set="mine")).ids) == sorted(ids[1::2])
    clock.pass_time(days=1)
    before = (await at(client, verb="Identify")).text("//o:responseDate")
    await configured(house, "oai", saved_sets=[])
    await settled(house, clock)
    gone = await at(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set="mine:open", from_=before)
    assert gone.all("//o:header/@status") == ["deleted"] * 3
    assert "Open <ones>" in (await at(client, verb="ListSets")).all("//o:setName/text()"), "it is still said what it was"
    assert "mine:open" not in (await at(client, verb="ListIdentifiers", metadataPrefix="oai_dc")).all("//o:setSpec/text()")


async def test_a_new_name_of_a_set_moves_no_datestamp(client: TestClient, house: House, writer: Writer, clock: SetClock) -> None:
    await configured(house, "oai", saved_sets=[OPEN])
    await writer.publish(access="open")
    clock.pass_time(days=1)
    before = (await at(client, verb="Identify")).text("//o:responseDate")
    await configured(house, "oai", saved_sets=[OPEN | {"name": "Another"}])
    await settled(house, clock)
    assert (await at(client, verb="ListIdentifiers", metadataPrefix="oai_dc", from_=before)).codes == ["noRecordsMatch"]
    assert "Another" in (await at(client, verb="ListSets")).all("//o:setName/text()")


async def test_a_context_holds_what_fits_and_nothing_else_is_there(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    await configured(house, "oai", contexts=[{"path": "open", "title": "Open", "conditions": {"access": ["open"]}}])
    inside, outside = await writer.publish("In", access="open"), await writer.publish("Out", access="restricted")
    name = "oai:repository.example.org:"
    assert (await at(client, "open", verb="ListRecords", metadataPrefix="oai_dc")).ids == [inside]
    assert sorted((await at(client, verb="ListRecords", metadataPrefix="oai_dc")).ids) == sorted([inside, outside])
    asked = {"verb": "GetRecord", "metadataPrefix": "oai_dc"}
    assert (await at(client, "open", **asked, identifier=name + inside)).ids == [inside]
    assert (await at(client, "open", **asked, identifier=name + outside)).codes == ["idDoesNotExist"]
    of_one = {"verb": "ListMetadataFormats"}
    assert not (await at(client, "open", **of_one, identifier=name + inside)).codes
    assert (await at(client, "open", **of_one, identifier=name + outside)).codes == ["idDoesNotExist"]
    within = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "type:publication"}
    assert (await at(client, "open", **within)).ids == [inside]
    clock.pass_time(days=1)
    await writer.revise(inside, "In no more", access="restricted")
    left = await at(client, "open", verb="ListRecords", metadataPrefix="oai_dc")
    assert (left.ids, left.all("//o:header/@status")) == ([inside], ["deleted"])
    assert (await at(client, "open", **asked, identifier=name + inside)).all("//o:header/@status") == ["deleted"]
    assert not (await at(client, **asked, identifier=name + inside)).all("//o:header/@status")
    hidden = await at(client, verb="ListSets")
    assert not [spec for spec in specs(hidden) if "/" in spec]
    assert (await at(client, verb="ListRecords", metadataPrefix="oai_dc", set="/open")).codes


async def test_a_context_names_one_of_its_own_records_as_a_sample(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    async def sample(context: str = "") -> str:
        return (await at(client, context, verb="Identify")).text("//*[local-name()='sampleIdentifier']").rpartition(":")[2]

    await configured(house, "oai", contexts=[{"path": "open", "title": "Open", "conditions": {"access": ["open"]}}])
    made_up = await sample()
    outside, inside = await writer.publish("Out", access="restricted"), await writer.publish("In", access="open")
    assert (await sample(), await sample("open")) == (outside, inside)
    clock.pass_time(days=1)
    await writer.revise(inside, "In no more", access="restricted")
    assert (await sample(), await sample("open")) == (outside, made_up)
    await writer.withdraw(outside)
    assert await sample() == inside


async def test_a_context_nothing_fits_is_empty(client: TestClient, house: House, writer: Writer) -> None:
    await writer.publish()
    await configured(house, "oai", contexts=[{"path": "none", "title": "None", "conditions": {"year_from": 9000}}])
    assert (await at(client, "none", verb="ListRecords", metadataPrefix="oai_dc")).codes == ["noRecordsMatch"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"saved_sets": [OPEN, OPEN]}, "saved_sets"),
        ({"saved_sets": [OPEN | {"spec": "type:mine"}]}, "saved_sets"),
        ({"saved_sets": [OPEN | {"spec": "a/b"}]}, "saved_sets"),
        ({"saved_sets": [OPEN | {"spec": "a:"}]}, "saved_sets"),
        ({"own_sets": ["mine:open"]}, "own_sets"),
        ({"saved_sets": [OPEN], "contexts": [{"path": "a", "title": "A", "own_sets": ["yours"]}]}, "contexts"),
        ({"contexts": [{"path": "a", "title": "A", "conditions": {"year_from": 2, "year_to": 1}}]}, "contexts"),
    ],
)
async def test_sets_that_cannot_be_are_refused(house: House, values: dict, field: str) -> None:
    with pytest.raises(Wrong) as caught:
        await configured(house, "oai", **values)
    assert caught.value.fields.keys() == {field}


# Whatever sequence of changes: a copy kept by harvesting is what the set holds.

WATCHED = (("", "open_access"), ("", "mine"), ("", "mine:theses"), ("some", None), ("some", "theses"), ("", None))
CONDITIONS = ({}, {"access": ["open"]}, {"types": ["etd"], "access": ["open"]}, {"types": ["etd"]})
SAVED = ([], [OPEN], [OPEN, THESES], [THESES | {"conditions": {"access": ["restricted"]}}])
FAMILIES = ([], ["theses"], ["open_access", "theses"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("work"), st.integers(0, 2**16)),
        st.tuples(st.just("define"), st.tuples(st.sampled_from(CONDITIONS), st.sampled_from(SAVED), st.sampled_from(FAMILIES))),
        st.tuples(st.just("regroup"), st.none()),
        st.tuples(st.just("harvest"), st.sampled_from(WATCHED)),
    ),
    min_size=4,
    max_size=14,
)


@dataclass
class Copy:
    """What a harvester of one list holds, and when it was there last."""

    context: str
    spec: str | None
    held: set[str] = field(default_factory=set)
    since: str = ""

    async def follow(self, client: TestClient) -> None:
        more = {key: value for key, value in (("set", self.spec), ("from", self.since)) if value}
        first = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"} | more
        answer = await asked(client, self.context, first)
        begun = answer.xpath("string(//o:responseDate)", namespaces=NS)
        while True:
            for header in answer.xpath("//o:header", namespaces=NS):
                number = header.xpath("string(o:identifier)", namespaces=NS).rpartition(":")[2]
                (self.held.discard if header.get("status") == "deleted" else self.held.add)(number)
            token = answer.xpath("string(//o:resumptionToken)", namespaces=NS)
            if not token:
                break
            answer = await asked(client, self.context, {"verb": "ListIdentifiers", "resumptionToken": token})
        self.since = begun


async def asked(client: TestClient, context: str, params: dict[str, str]) -> etree._Element:
    answer = await client.get(f"/oai/{context}" if context else "/oai", params=params)
    return etree.fromstring(await answer.read())


def expected(grouping: Grouping, works: list[store.Stored], copy: Copy, filtered: bool) -> set[str]:
    found = set()
    for work in works:
        held = grouping.specs(Facts(work.record, work.collection))
        if (copy.spec is None or copy.spec in held) and (not (copy.context and filtered) or f"/{copy.context}" in held):
            found.add(work.id)
    return found


@run(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
async def test_a_copy_kept_by_harvesting_is_what_the_set_holds(
    client: TestClient, house: House, writer: Writer, clock: SetClock, steps: list
) -> None:
    copies = [Copy(*which) for which in WATCHED]
    await define(house, {}, [], [])
    for kind, what in steps:
        clock.pass_time(seconds=2)
        if kind == "work":
            await change(writer, random.Random(what))
        elif kind == "define":
            await define(house, *what)
        elif kind == "regroup":
            await settled(house, clock)
        else:
            await next(copy for copy in copies if (copy.context, copy.spec) == what).follow(client)
    await settled(house, clock)
    assert await house.database.read(regrouping.progress) is None
    definition: Definition = house.keeper.live.of("oai")[0].settings
    works = await house.database.read(lambda tx: store.walk(tx, size=10_000, state=State.PUBLISHED))
    filtered = bool(definition.offer("some").within)
    for copy in copies:
        if copy.spec is not None and not definition.offer(copy.context).offers_set(copy.spec):
            continue
        await copy.follow(client)
        fresh = Copy(copy.context, copy.spec)
        await fresh.follow(client)
        assert copy.held == fresh.held == expected(definition.grouping, works, copy, filtered), (copy.context, copy.spec)


async def define(house: House, conditions: dict, saved: list, families: list) -> None:
    context = {"path": "some", "title": "Some", "conditions": conditions, "sets": families}
    await configured(house, "oai", contexts=[context], saved_sets=saved, sets=families)


async def change(writer: Writer, chance: random.Random) -> None:
    alive, gone = sorted(writer.alive), sorted(writer.gone)
    parts = {"access": chance.choice(("open", "restricted")), "type": chance.choice(("etd.doctoral", "dataset.dataset"))}
    match chance.choice(("publish", "publish", "revise", "revise", "withdraw", "restore")):
        case "revise" if alive:
            await writer.revise(chance.choice(alive), f"revised {chance.random()}", **parts)
        case "withdraw" if alive:
            await writer.withdraw(chance.choice(alive))
        case "restore" if gone:
            await writer.restore(chance.choice(gone))
        case _:
            await writer.publish("new", **parts)


async def test_who_harvests_a_context_hears_of_conditions_that_come_and_go(
    client: TestClient, house: House, writer: Writer, clock: SetClock
) -> None:
    await define(house, {}, [], [])
    ids = [await writer.publish(f"Work {n}", access="open" if n % 2 else "restricted") for n in range(6)]
    copy = Copy("some", None)
    clock.pass_time(seconds=5)
    await copy.follow(client)
    assert copy.held == set(ids)
    clock.pass_time(seconds=5)
    await writer.withdraw(ids[1])
    await define(house, {"access": ["open"]}, [], [])
    await settled(house, clock)
    clock.pass_time(seconds=5)
    await copy.follow(client)
    assert copy.held == {ids[3], ids[5]}, "what it holds no longer is deleted there, and so is what was withdrawn meanwhile"
    clock.pass_time(seconds=5)
    await define(house, {}, [], [])
    await settled(house, clock)
    clock.pass_time(seconds=5)
    await copy.follow(client)
    assert copy.held == set(ids) - {ids[1]}, "what it did not hold comes anew"


def test_a_base_url_that_chooses_nothing_offers_what_another_asks_for() -> None:
    mail = ("a@example.org",)
    plain = Definition(repository_name="x", admin_emails=mail)
    assert plain.grouping == Grouping()
    more = Definition(repository_name="x", admin_emails=mail, contexts=(Context(path="a", title="A", sets=("ddc",)),))
    assert more.grouping.families == (*STANDARD_ORDER, "ddc")
    assert more.offer("").offers_set("ddc:570")
    assert not more.offer("a").offers_set("theses")
    assert more.offer("").shown == ""
    assert more.offer("a").shown


STANDARD_ORDER = tuple(root for root in ALL_FAMILIES if root in STANDARD)
