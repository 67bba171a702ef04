"""Every countable use reaches IRUS once, with its own time, whatever IRUS does meanwhile."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.clock import to_wire
from server.events.tables import outbox as told
from server.house import House
from server.jobs.tables import jobs
from server.profiles.model import Profile
from server.publishing import withdraw
from server.records import store as records
from server.usage.irus import outbox
from server.usage.irus.outbox import REFUSALS
from tests.conftest import SetClock
from tests.fakes.irus import FakeIrus
from tests.items.test_files import PDF
from tests.usage.hits import PERSON
from tests.usage.irus.conftest import Use, agree, balance, deliver, rows


@pytest.mark.usefixtures("profile")
async def test_a_view_and_a_download_are_told_with_all_nine_keys(
    house: House, client: TestClient, irus: FakeIrus, number: str, clock: SetClock
) -> None:
    at = to_wire(clock())
    await (await client.get(f"/items/{number}", headers=PERSON | {"Referer": "https://search.example.org/?q=peas"})).read()
    await (await client.get(f"/items/{number}/{PDF}", headers=PERSON)).read()
    await client.close()
    clock.pass_time(hours=5)  # the time of the use is told, not that of the sending
    await house.worker.drain()
    assert irus.wrong == []
    page, file = sorted((it.keys for it in irus.messages), key=lambda keys: keys["rft_dat"])
    url = "https://repository.example.org"
    assert page == {
        "url_ver": "Z39.88-2004", "url_tim": at, "req_id": "127.0.0.1", "req_dat": PERSON["User-Agent"],
        "rft.artnum": f"oai:repository.example.org:{number}", "svc_dat": f"{url}/items/{number}",
        "rfr_dat": "https://search.example.org/?q=peas", "rfr_id": "repository.example.org", "rft_dat": "Investigation",
    }  # fmt: skip
    assert file["svc_dat"] == f"{url}/items/{number}/files/versuche%20%C3%BC.pdf"
    assert (file["rfr_dat"], file["rft_dat"], file["url_tim"]) == ("", "Request", at)
    assert await balance(house) == {"countable": 2, "sent": 2, "acknowledged": 2}
    assert await rows(house) == []


@pytest.mark.usefixtures("profile")
async def test_the_artnum_is_what_harvesters_get_to_the_byte(
    house: House, client: TestClient, irus: FakeIrus, number: str, use: Use
) -> None:
    await use()
    await house.worker.drain()
    artnum = irus.messages[0].keys["rft.artnum"]
    body = await (await client.get("/oai", params={"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"})).text()
    assert f"<identifier>{artnum}</identifier>" in body
    body = await (await client.get("/oai", params={"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": artnum})).text()
    assert f"<identifier>{artnum}</identifier>" in body
    assert number in artnum


@pytest.mark.usefixtures("profile")
async def test_what_harvesters_do_not_get_is_not_told(
    house: House, irus: FakeIrus, number: str, use: Use, clock: SetClock
) -> None:
    await use(3)
    await house.database.write(lambda tx: withdraw(tx, house.press, records.find(tx, number), "Gone.", clock()))
    await house.worker.drain()
    assert irus.asked == 0
    assert await balance(house) == {"countable": 3, "dropped": 3}


@pytest.mark.usefixtures("profile")
async def test_an_irus_that_is_down_for_three_days_gets_every_use_with_its_own_time(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    irus.always = 503
    told = []
    for _ in range(72):
        told.append(to_wire(clock()))
        await use(2)
        await house.worker.drain()
        clock.pass_time(hours=1)
    assert irus.messages == []
    assert irus.asked < 400, "it is left alone while it does not answer"
    irus.always = None
    await deliver(house, clock, hours=3)
    assert sorted(it.keys["url_tim"] for it in irus.messages) == sorted(2 * told)
    assert irus.wrong == []
    assert irus.most_flying <= 2
    assert (await balance(house))["acknowledged"] == 144


async def agencies(house: House) -> list[tuple[str, str]]:
    """Return what was told of agencies, in order, and with which words."""
    query = told.select().where(told.c.type.startswith("agency.")).order_by(told.c.seq)
    rows = await house.database.read(lambda tx: tx.execute(query).all())
    return [(row.type, row.data) for row in rows]


@pytest.mark.usefixtures("profile")
async def test_a_use_that_is_refused_while_others_are_taken_is_given_up_the_third_time(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    irus.refuses = {"203.0.0.1"}
    await use(2)
    for turn in range(1, REFUSALS):
        await house.worker.drain()
        assert await balance(house) == {"countable": 1 + turn, "sent": 2 * turn, "acknowledged": turn, "row waiting": 1}
        clock.pass_time(hours=2)
        await use()
    await house.worker.drain()
    (row,) = await rows(house)
    assert (row.state, row.reason, row.refusals, row.address) == ("dead", "refused", REFUSALS, "203.0.0.1")
    assert row.words == "127.0.0.1 answered 404"
    assert await agencies(house) == []


@pytest.mark.usefixtures("profile")
async def test_many_bad_uses_of_one_work_are_given_up_and_keep_no_other_back(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    irus.refuses = {f"203.0.0.{n}" for n in range(1, 11)}
    await use(10)
    for _ in range(REFUSALS + 1):
        await use(1)
        for _ in range(12):
            await house.worker.drain()
            clock.pass_time(minutes=10)
    found = await balance(house)
    assert 14 + 10 * (REFUSALS - 1) <= found.pop("sent") < 60
    assert found == {"countable": 14, "acknowledged": 4, "row dead": 10}


@pytest.mark.usefixtures("profile")
async def test_a_use_that_is_refused_again_and_again_alone_proves_nothing_of_the_endpoint(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    irus.always = 403
    await use()
    await deliver(house, clock, hours=6)
    assert 5 < irus.asked < 9, "once an hour"
    assert await balance(house) == {"countable": 1, "sent": irus.asked, "row waiting": 1}
    assert await agencies(house) == []


@pytest.mark.parametrize("status", [302, 403])
@pytest.mark.usefixtures("profile")
async def test_an_irus_that_refuses_all_for_hours_is_left_alone_and_gets_every_use_at_last(
    house: House, irus: FakeIrus, use: Use, clock: SetClock, status: int
) -> None:
    irus.always = status
    await use(40)
    await house.worker.drain()
    assert irus.asked <= 4, "it is seen by a few that it takes none"
    await deliver(house, clock, hours=6)
    assert irus.asked < 30, "it is left alone"
    ((kind, words),) = await agencies(house)
    assert kind == "agency.down"
    assert f"127.0.0.1 answered {status}" in words
    assert (await balance(house))["row waiting"] == 40
    irus.always = None
    await deliver(house, clock, hours=3)
    assert len(irus.messages) == 40
    assert (await balance(house))["acknowledged"] == 40
    assert [kind for kind, _ in await agencies(house)] == ["agency.down", "agency.back"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.usefixtures("profile")
async def test_what_may_change_is_never_final(house: House, irus: FakeIrus, use: Use, clock: SetClock, status: int) -> None:
    irus.script = iter([status] * 10)
    await use()
    await deliver(house, clock, days=3)
    assert len(irus.messages) == 1
    assert await balance(house) == {"countable": 1, "sent": 11, "acknowledged": 1}


@pytest.mark.usefixtures("profile")
async def test_it_comes_back_no_earlier_than_it_is_asked_to(house: House, irus: FakeIrus, use: Use, clock: SetClock) -> None:
    irus.script, irus.retry_after = iter([503]), "7200"
    await use()
    await house.worker.drain()
    for _ in range(11):
        clock.pass_time(minutes=10)
        await house.worker.drain()
    assert irus.asked == 1
    clock.pass_time(minutes=15)
    await house.worker.drain()
    assert len(irus.messages) == 1


@pytest.mark.usefixtures("profile")
async def test_an_outage_is_told_once_and_its_end_too(house: House, irus: FakeIrus, use: Use, clock: SetClock) -> None:
    irus.script = iter([500] * 12)
    await use(4)
    await deliver(house, clock, days=1)
    assert [kind for kind, _ in await agencies(house)] == ["agency.down", "agency.back"]


@given(script=st.lists(st.sampled_from([None, 500, 503, 404, "cut", "lost"]), max_size=40), many=st.integers(1, 12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12)
@pytest.mark.usefixtures("profile")
async def test_whatever_irus_does_every_use_comes_to_one_end(
    house: House, irus: FakeIrus, use: Use, clock: SetClock, script: list[int | str | None], many: int
) -> None:
    before, counted = await balance(house), irus.counted()
    irus.script = iter(script)
    await use(many)
    await deliver(house, clock, days=3)
    after = await balance(house)  # which says that countable = acknowledged + dead + dropped, as no row waits
    assert not any(row.state == "waiting" for row in await rows(house))
    assert after["countable"] - before.get("countable", 0) == many
    taken = after.get("acknowledged", 0) - before.get("acknowledged", 0)
    assert irus.wrong == []
    # What was lost on the way back was told again, to the byte; IRUS counts it once. It may be refused the second time.
    assert taken <= irus.counted() - counted <= many
    clock.pass_time(minutes=1)


@pytest.mark.usefixtures("profile")
async def test_what_is_lost_on_the_way_back_is_told_again_to_the_byte(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    irus.script = iter(["lost"])
    await use()
    await deliver(house, clock, hours=5)
    one, two = irus.messages
    assert one.raw == two.raw
    assert irus.counted() == 1


@pytest.mark.usefixtures("profile")
async def test_what_was_being_sent_when_its_process_died_is_in_doubt_and_not_told_again(
    house: House, irus: FakeIrus, use: Use, clock: SetClock
) -> None:
    await use(5)
    sending = await house.database.write(outbox.begin, 3, "m" * 26, clock())
    await house.worker.drain()
    assert len(irus.messages) == 2
    assert [(row.state, row.reason) for row in await rows(house)] == [("dead", "unsure")] * 3
    assert await balance(house) == {"countable": 5, "sent": 5, "acknowledged": 2, "row dead": 3}
    # Its sender was alive after all: what it has to say still counts, and only once.
    for _ in range(2):
        await house.database.write(outbox.settle, "m" * 26, [(it, outbox.Taken()) for it in sending], clock(), 0.5)
    assert await balance(house) == {"countable": 5, "sent": 5, "acknowledged": 5}


async def test_no_more_than_two_are_sent_at_a_time_and_few_at_first(
    house: House, irus: FakeIrus, profile: Profile, use: Use
) -> None:
    await use(300)
    sizes = []

    def look(_message: object) -> None:
        sizes.append(irus.flying)

    irus.taken = look
    await house.worker.drain()
    assert (await balance(house))["acknowledged"] == 300
    assert max(sizes) <= 2
    assert profile.enabled


@pytest.mark.usefixtures("profile")
async def test_what_waits_too_long_is_forgotten(house: House, irus: FakeIrus, use: Use, clock: SetClock) -> None:
    await agree(house, days=4)
    irus.refuses = {"203.0.0.1"}
    await use()
    for _ in range(REFUSALS):
        await use()
        await house.worker.drain()
        clock.pass_time(hours=2)
    irus.asked, irus.always = 0, 500
    await use(2)
    await house.worker.drain()
    clock.pass_time(hours=95.5)
    while await house.database.write(outbox.forget, clock()):
        pass
    assert await balance(house) == {
        "countable": 6, "sent": 2 * REFUSALS + irus.asked, "acknowledged": REFUSALS, "dead": 1, "row waiting": 2
    }  # fmt: skip
    clock.pass_time(days=1)
    while await house.database.write(outbox.forget, clock()):
        pass
    assert await rows(house) == []
    assert (await balance(house))["dead"] == 3


@pytest.mark.parametrize("end", [{"consent": False}, {"retired": "now", "reason": "IRUS has ended."}])
@pytest.mark.usefixtures("profile")
async def test_once_it_ends_what_waits_is_forgotten_and_use_is_counted_here(
    house: House, client: TestClient, irus: FakeIrus, number: str, use: Use, clock: SetClock, end: dict
) -> None:
    await use(2)
    if end.get("retired"):
        end = end | {"retired": clock().date()}
    await agree(house, **end)
    assert await rows(house) == []
    await house.worker.drain()
    await client.get(f"/items/{number}", headers=PERSON)
    await client.close()
    await house.worker.drain()
    assert irus.asked == 0
    assert await balance(house) == {"countable": 2, "dropped": 2}
    from tests.usage.hits import clicked

    assert len(await clicked(house)) == 3


@pytest.mark.usefixtures("profile")
async def test_a_day_to_come_ends_it_on_that_day(house: House, irus: FakeIrus, use: Use, clock: SetClock) -> None:
    await agree(house, retired=clock().date() + timedelta(days=2), reason="IRUS ends.")
    await use()
    await house.worker.drain()
    assert len(irus.messages) == 1
    irus.always = 500
    await use()
    await deliver(house, clock, days=3)
    assert await rows(house) == []
    assert await balance(house) == {"countable": 2, "sent": irus.asked, "acknowledged": 1, "dropped": 1}


@pytest.mark.usefixtures("profile")
async def test_while_the_profile_is_switched_off_what_waits_stays(
    house: House, irus: FakeIrus, profile: Profile, use: Use
) -> None:
    from server.profiles import keeping
    from tests.usage.irus.conftest import MARIE

    await use()
    keeper = house.keeper
    await keeper.do(keeping.switch, keeper.desk, profile.id, MARIE, enabled=False)
    await house.worker.drain()
    assert irus.asked == 0
    (job,) = await house.database.read(lambda tx: tx.execute(jobs.select().where(jobs.c.kind == outbox.SEND)).all())
    assert (job.state, "switched off" in job.note) == ("held", True)
    await keeper.do(keeping.switch, keeper.desk, profile.id, MARIE, enabled=True)
    await house.worker.drain()
    assert len(irus.messages) == 1


@pytest.mark.usefixtures("profile")
async def test_a_database_that_is_away_after_the_answer_does_not_lose_it(
    house: House, irus: FakeIrus, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.errors import Unavailable
    from server.usage.irus import deliver as delivering

    away = iter([True, True])
    real = delivering._settled

    def settled(*given: object) -> None:
        if next(away, False):
            raise Unavailable("The database is away.")
        real(*given)

    monkeypatch.setattr(delivering, "_settled", settled)
    monkeypatch.setattr(delivering, "PAUSE", 0.0)
    await use()
    await asyncio.wait_for(house.worker.drain(), 10)
    assert await balance(house) == {"countable": 1, "sent": 1, "acknowledged": 1}
    assert len(irus.messages) == 1
