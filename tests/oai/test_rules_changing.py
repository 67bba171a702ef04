"""The rules of the checklist that are about change: each test makes a repository of its own."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection, delete, insert, update

from server.db.sequences import sequences
from server.errors import Unavailable
from server.house import House
from server.oai import token
from server.oai.token import Position
from server.oai.verbs import SETS_PAGE
from server.profiles.model import Wrong
from server.records.tables import sets
from server.rooms import web_application
from tests.conftest import SetClock, configured
from tests.oai.conftest import Answer, Ask, Dozen, checked
from tests.oai.test_responses import OAI, walk
from tests.writers import Writer

LISTS = ("ListIdentifiers", "ListRecords")


async def test_rule_5_what_cannot_be_served_now_is_503_and_the_walk_goes_on(
    client: TestClient, ask: Ask, house: House, dozen: Dozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise Unavailable("The database does not answer.")

    async def away(*_: object, **__: object) -> None:
        gone()

    first = await ask(verb="ListRecords", metadataPrefix="oai_dc")
    with monkeypatch.context() as patch:
        patch.setattr(house.database, "read_at_once", gone)
        for name in ("read", "read_hot", "write"):
            patch.setattr(house.database, name, away)
        for query in (
            "verb=Identify",
            "verb=ListRecords&metadataPrefix=oai_dc",
            f"verb=ListRecords&resumptionToken={first.token}",
        ):
            for method in ("GET", "POST", "HEAD"):
                answer = await client.request(method, f"/oai?{query}", headers={"Accept": "text/html"})
                assert (answer.status, answer.content_type) == (503, "text/plain")
                assert int(answer.headers["Retry-After"]) > 0
    parts = [first, *await walk(ask, "ListRecords", resumptionToken=first.token)]
    assert sorted(id_ for part in parts for id_ in part.ids) == sorted(dozen.ids)


async def test_rule_38_datestamps_move_with_what_harvesters_see(ask: Ask, writer: Writer, clock: SetClock) -> None:
    one = await writer.publish("One")

    async def stamp() -> str:
        return (await ask(verb="GetRecord", metadataPrefix="oai_dc", identifier=OAI + one)).text("//o:datestamp")

    seen = [await stamp()]
    for change in (
        lambda: writer.revise(one, "One, again"),
        lambda: writer.revise(one, "One, again", type="dataset.dataset"),  # other sets
        lambda: writer.revise(one, "One, again", access="restricted"),
        lambda: writer.withdraw(one),
        lambda: writer.restore(one),
    ):
        clock.pass_time(seconds=1)
        await change()
        seen.append(await stamp())
        since = await ask(verb="ListIdentifiers", metadataPrefix="oai_dc", from_=seen[-1])
        assert since.ids == [one]
    assert seen == [f"2026-03-14T09:26:{second}Z" for second in range(53, 59)]


@pytest.mark.parametrize("verb", LISTS)
async def test_rule_42_nothing_is_lost_or_doubled_while_others_write(ask: Ask, dozen: Dozen, writer: Writer, verb: str) -> None:
    """What goes on with real concurrency stands in test_list_is_truth; here every part is followed by changes all over the list."""
    parts = [await ask(verb=verb, metadataPrefix="oai_dc")]
    listed = [id_ for id_ in dozen.ids if id_ in writer.alive]
    while parts[-1].token:
        dozen.clock.pass_time(seconds=1)
        await writer.revise(listed[0], "Given already")
        await writer.revise(listed[-1], "Not given yet")
        await writer.withdraw(listed.pop(1))
        await writer.publish("New")
        parts.append(await ask(verb=verb, resumptionToken=parts[-1].token))
    assert sorted(id_ for part in parts for id_ in part.ids) == sorted(dozen.ids)
    assert {part.text("//o:resumptionToken/@completeListSize") for part in parts} == {"12"}
    later = await walk(ask, verb, metadataPrefix="oai_dc", from_=parts[0].text("//o:responseDate"))
    assert {listed[0], listed[-1]} <= {id_ for part in later for id_ in part.ids}


async def test_rule_45_tokens_live_as_long_as_they_say(ask: Ask, dozen: Dozen) -> None:
    for verb in LISTS:
        first = await ask(verb=verb, metadataPrefix="oai_dc", set="type")
        expires = datetime.fromisoformat(first.text("//o:resumptionToken/@expirationDate"))
        assert first.text("//o:resumptionToken/@expirationDate").endswith("Z")
        assert expires - dozen.clock() >= timedelta(days=7)
        dozen.clock.moment = expires
        assert (await ask(verb=verb, resumptionToken=first.token)).codes == []
        dozen.clock.pass_time(seconds=1)
        late = await ask(verb=verb, resumptionToken=first.token)
        assert late.codes == ["badResumptionToken"]
        said = f"{verb}, metadataPrefix=oai_dc, set=type and from=2026-03-20T09:26:53Z"
        assert said in late.text("//o:error")
        rest = await walk(ask, verb, metadataPrefix="oai_dc", set="type", from_="2026-03-20T09:26:53Z")
        assert {*first.ids, *(id_ for part in rest for id_ in part.ids)} == set(dozen.ids), "and so nothing is lost"


async def test_rule_46_tokens_from_elsewhere_and_from_the_future(ask: Ask, house: House, dozen: Dozen) -> None:
    async def refused(position: Position, key: bytes = house.key) -> Answer:
        answer = await ask(verb="ListRecords", resumptionToken=token.write("ListRecords", position, key))
        assert answer.codes == ["badResumptionToken"]
        assert "from=" in answer.text("//o:error")
        return answer

    first = (await ask(verb="ListRecords", metadataPrefix="oai_dc")).token
    ours = token.read("ListRecords", first, house.key, Position)
    await refused(ours, key=b"of another server")
    known = {name: getattr(ours, name) for name in Position.__struct_fields__}
    for wrong in (
        {"begun": ours.begun + 90_000, "expires": ours.expires + 90_000},
        {"horizon": ours.horizon + 1},
        {"prefix": "nonsense"},
        {"spec": "nothing"},
        {"context": "nowhere"},
    ):
        await refused(Position(**known | wrong))

    def restore(tx: Connection) -> None:
        """Set the feed back, as an older backup does."""
        tx.execute(update(sequences).where(sequences.c.name == "feed").values(value=ours.horizon - 1))

    await house.database.write(restore)
    async with TestClient(TestServer(web_application(house))) as started_again:
        answer = checked(await (await started_again.get("/oai", params={"verb": "ListRecords", "resumptionToken": first})).read())
    assert answer.codes == ["badResumptionToken"]
    assert "comes from the future" in answer.text("//o:error")


async def test_rule_47_no_part_is_empty(ask: Ask, writer: Writer) -> None:
    for _ in range(10):
        await writer.publish()
    for verb in LISTS:
        parts = await walk(ask, verb, metadataPrefix="oai_dc")
        assert [len(part.ids) for part in parts] == [5, 5]


async def test_rule_48_what_a_part_may_hold(house: House, ask: Ask, writer: Writer) -> None:
    for wrong in (0, 1001):
        with pytest.raises(Wrong):
            await configured(house, "oai", page_size=wrong)
    for _ in range(3):
        await writer.publish()
    for size, parts in ((1, [1, 1, 1]), (2, [2, 1]), (1000, [3])):
        await configured(house, "oai", page_size=size)
        assert [len(part.ids) for part in await walk(ask, "ListRecords", metadataPrefix="oai_dc")] == parts


async def test_rule_50_a_repository_without_sets(ask: Ask) -> None:
    for arguments in (
        {"verb": "ListSets"},
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "type"},
        {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc", "set": "type"},
    ):
        answer = await ask(**arguments)
        assert answer.codes == ["noSetHierarchy"]
        assert answer.echo == arguments


def _many(tx: Connection, count: int) -> None:
    tx.execute(insert(sets), [{"spec": f"many:{number}", "name": f"Set {number}"} for number in range(count)])
    tx.execute(insert(sets), [{"spec": "many", "name": "Many"}, {"spec": "many-more", "name": "More"}])


def _reword(tx: Connection) -> None:
    tx.execute(update(sets).values(name=sets.c.name + " & more"))
    tx.execute(delete(sets).where(sets.c.spec.in_(["many:0", "many:999"])))
    tx.execute(insert(sets), [{"spec": "zz", "name": "New"}])


async def sets_of(ask: Ask, answer: Answer) -> list[Answer]:
    parts = [answer]
    while parts[-1].token:
        parts.append(await ask(verb="ListSets", resumptionToken=parts[-1].token))
    return parts


async def test_rule_55_many_sets_come_in_parts(ask: Ask, house: House, clock: SetClock) -> None:
    ready = len([*house.press.renderer.grouping.roots()])  # those are listed though nobody is a member yet
    await house.database.write(_many, 2 * SETS_PAGE - 2 - ready)
    first = await ask(verb="ListSets")
    parts = await sets_of(ask, first)
    specs = [spec for part in parts for spec in part.all("//o:setSpec/text()")]
    assert [len(part.all("//o:set")) for part in parts] == [SETS_PAGE] * 2, "and no empty part"
    assert len(specs) == len(set(specs)) == 2 * SETS_PAGE
    assert specs.index("many") < specs.index("many:0"), "parents first"
    assert [part.text("//o:resumptionToken/@cursor") for part in parts] == ["0", str(SETS_PAGE)]
    assert {part.text("//o:resumptionToken/@completeListSize") for part in parts} == {str(2 * SETS_PAGE)}
    assert len(parts[-1].all("//o:resumptionToken")) == 1
    assert datetime.fromisoformat(first.text("//o:resumptionToken/@expirationDate")) == clock() + timedelta(days=7)
    assert (await ask(verb="ListSets", resumptionToken=first.token)).body == parts[1].body, "again the same"
    await house.database.write(_reword)
    reworded = await sets_of(ask, first)
    told = {spec for part in reworded for spec in part.all("//o:setSpec/text()")}
    assert set(specs) - {"many:999"} | {"zz"} >= told >= set(specs) - {"many:0", "many:999"}
    clock.pass_time(days=7, seconds=1)
    late = await ask(verb="ListSets", resumptionToken=first.token)
    assert late.codes == ["badResumptionToken"]
    assert "ListSets without a resumptionToken" in late.text("//o:error")


async def test_rule_55_a_token_of_sets_is_of_its_base_url(client: TestClient, ask: Ask, house: House) -> None:
    await configured(house, "oai", contexts=[{"path": "wide", "title": "Wide"}])
    await house.database.write(_many, SETS_PAGE - len([*house.press.renderer.grouping.roots()]))
    query = f"verb=ListSets&resumptionToken={(await ask(verb='ListSets')).token}"
    elsewhere = checked(await (await client.get(f"/oai/wide?{query}")).read(), "https://repository.example.org/oai/wide")
    assert elsewhere.codes == ["badResumptionToken"]
    assert len((await ask(query)).all("//o:set")) == 2
    for verb in LISTS:
        assert (await ask(query.replace("ListSets", verb))).codes == ["badResumptionToken"]


async def test_rule_57_what_is_shown_no_more_is_deleted(ask: Ask, writer: Writer, clock: SetClock) -> None:
    one = await writer.publish("One", access="open")
    formats = (await ask(verb="ListMetadataFormats", identifier=OAI + one)).all("//o:metadataPrefix/text()")
    assert "oai_dc" in formats
    since = clock().astimezone(UTC) + timedelta(seconds=1)
    clock.pass_time(seconds=5)
    await writer.withdraw(one)
    for prefix in formats:
        for spec in ({}, {"set": "open_access"}, {"set": "collection"}, {"set": "type:publication"}):
            answer = await ask(verb="ListRecords", metadataPrefix=prefix, from_=since.strftime("%Y-%m-%dT%H:%M:%SZ"), **spec)
            assert answer.all("//o:header[@status='deleted']/o:identifier/text()") == [OAI + one], (prefix, spec)
