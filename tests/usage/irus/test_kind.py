"""The profile: consent with who, when and which text; what is refused, warned of, and asked in a test."""

from datetime import date

import pytest
from aiohttp.test_utils import TestClient

from server.audit.log import OPERATOR
from server.clock import now
from server.house import House
from server.profiles import keeping
from server.profiles.model import Profile, Wrong
from server.usage.irus import consents
from server.usage.irus.definition import CONSENT, CONSENT_VERSION, KIND, PRODUCTION, TEST, Irus, named
from tests.conftest import SetClock
from tests.fakes.irus import FakeIrus
from tests.usage.irus.conftest import MARIE, Use, agree, balance, rows


def test_everything_is_off_by_default() -> None:
    usual = Irus()
    assert (usual.consent, usual.notice, usual.truncate, usual.retired) == (False, False, False, None)
    assert usual.endpoint == TEST
    assert usual.obstacle(now()) == "consent"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"endpoint": "ftp://irus.example.org"}, "endpoint"),
        ({"endpoint": "https://name:word@irus.example.org"}, "endpoint"),
        ({"retired": date(2026, 1, 1)}, "reason"),
        ({"retired": date(2026, 1, 1), "reason": "  "}, "reason"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(wrong: dict, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Irus(**wrong)


def test_irus_knows_us_by_our_host_or_as_we_say() -> None:
    assert named(Irus(), "https://repository.example.org:8443/") == "repository.example.org"
    assert named(Irus(source="deepblue.lib.umich.edu/data"), "https://x.example.org") == "deepblue.lib.umich.edu/data"


async def test_consent_is_kept_with_who_when_and_which_text(house: House, clock: SetClock) -> None:
    await agree(house, consent=False)
    assert await house.database.read(consents.every) == []
    given = clock()
    await agree(house, consent=True, endpoint=PRODUCTION)
    clock.pass_time(days=3)
    await agree(house, notice=True)  # no new word about consent
    keeper = house.keeper
    await keeper.do(keeping.put, keeper.desk, keeper.kinds[KIND], "IRUS", {"consent": False}, OPERATOR)
    back, first = await house.database.read(consents.every)
    assert (first.at, first.who, first.given, first.text, first.endpoint) == (given, MARIE.name, True, CONSENT, PRODUCTION)
    assert (back.at, back.who, back.given) == (clock(), "operator", False)


async def test_another_endpoint_another_text_and_the_end_of_the_profile_are_signed_too(
    house: House, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = await agree(house, endpoint=TEST)
    await agree(house, endpoint=PRODUCTION)
    monkeypatch.setattr(consents, "CONSENT_VERSION", "2030-1")
    await agree(house, notice=True)
    clock.pass_time(days=1)
    keeper = house.keeper
    await keeper.do(keeping.delete, keeper.desk, profile.id, OPERATOR)
    signed = [(it.given, it.endpoint, it.version, it.who) for it in await house.database.read(consents.every)]
    assert signed == [
        (False, PRODUCTION, "2030-1", "operator"),
        (True, PRODUCTION, "2030-1", MARIE.name),
        (True, PRODUCTION, CONSENT_VERSION, MARIE.name),
        (True, TEST, CONSENT_VERSION, MARIE.name),
    ]


async def test_a_profile_that_never_consented_takes_nothing_back(house: House) -> None:
    profile = await agree(house, consent=False)
    keeper = house.keeper
    await keeper.do(keeping.delete, keeper.desk, profile.id, MARIE)
    assert await house.database.read(consents.every) == []


async def test_there_is_one_and_plain_http_only_goes_inside(house: House, profile: Profile) -> None:
    keeper = house.keeper
    with pytest.raises(Wrong, match="in one way"):
        await keeper.do(keeping.put, keeper.desk, keeper.kinds[KIND], "another", {}, OPERATOR)
    with pytest.raises(Wrong, match="https"):
        await keeper.do(keeping.put, keeper.desk, keeper.kinds[KIND], profile.name, {"endpoint": "http://8.8.8.8/"}, OPERATOR)


async def test_a_test_tells_of_no_use(house: House, irus: FakeIrus, profile: Profile) -> None:
    found = await house.keeper.test(profile.id)
    assert (found.agrees, found.message) == (True, "127.0.0.1 answered 200: IRUS tracker")
    assert (irus.asked, irus.wrong) == (0, [])
    await irus.stop()
    assert not (await house.keeper.test(profile.id)).agrees


async def test_what_to_look_at_is_said(house: House, profile: Profile) -> None:
    preview = house.keeper.kinds[KIND].preview
    assert preview is not None

    async def warned(**fields: object) -> str:
        settings = Irus(**({"consent": True} | fields))
        return " ".join((await house.database.read(preview, settings)).warnings)

    assert "consent was not given" in await warned(consent=False)
    assert "counts for nothing" in await warned()
    assert "not told of it" in await warned(endpoint=PRODUCTION)
    assert "not told of it" not in await warned(endpoint=PRODUCTION, notice=True)
    assert "retired here on 2026-01-01. It ended." in await warned(retired=date(2026, 1, 1), reason="It ended.")
    facts = dict((await house.database.read(preview, Irus())).facts)
    assert facts["Source repository (rfr_id)"] == "repository.example.org"
    assert profile.kind == KIND


async def test_a_deleted_profile_takes_what_waits_with_it(house: House, irus: FakeIrus, profile: Profile, use: Use) -> None:
    await use(2)
    keeper = house.keeper
    await keeper.do(keeping.delete, keeper.desk, profile.id, MARIE)
    assert await rows(house) == []
    assert await balance(house) == {"countable": 2, "dropped": 2}
    await house.worker.drain()
    assert irus.asked == 0


async def test_the_pages_of_works_say_it_where_that_is_switched_on(house: House, client: TestClient, number: str) -> None:
    async def says() -> bool:
        return "told to IRUS-UK" in await (await client.get(f"/items/{number}")).text()

    assert not await says()
    await agree(house)
    assert not await says()
    await agree(house, notice=True)
    assert await says()
    await agree(house, consent=False)
    assert not await says(), "what does not happen is not said"
