"""Logging in by OpenID Connect: whom a provider vouches for, and all the ways it may lie."""

from datetime import UTC, datetime
from html import escape
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestClient

from server.accounts import store
from server.accounts.model import Role
from server.accounts.throttle import LONGEST_SHARED, Patience
from server.audit.log import Asked, Noted, search
from server.house import House
from server.openid import admission
from server.openid.kind import test as try_connection
from server.openid.settings import Grant, OpenID
from server.profiles import store as profiles
from tests.admin.visits import csrf, login
from tests.conftest import PASSWORD, SetClock
from tests.openid.provider import KEY, OTHER, Fake, back, believed, leave, running, worn

VERIFIED = {"email": "Mendel@Abbey.example", "email_verified": True, "name": "Gregor Mendel"}


@pytest.fixture
async def fake(clock: SetClock):
    clock.moment = datetime.now(UTC)  # the provider's clock is the machine's
    async with running() as provider:
        yield provider


@pytest.fixture
async def mendel(house: House, fake: Fake):
    return await house.database.write(store.add, "gregor", Role.RESEARCHER, "", house.clock(), "", "mendel@abbey.example")


async def come(client: TestClient, fake: Fake, profile: int, lead: str = "", **query: str):
    asked = await leave(client, profile, **({"next": lead} if lead else {}))
    fake.nonce = asked["nonce"]
    return await back(client, profile, **({"state": asked["state"], "code": "c1"} | query))


async def test_a_verified_address_finds_the_account_and_links_it(client: TestClient, house: House, fake: Fake, mendel) -> None:
    profile = await believed(house, fake.url)
    page = await (await client.get("/login")).text()
    assert f"/login/openid/{profile}" in page
    assert "The university" in page
    fake.claims = VERIFIED
    answer = await come(client, fake, profile, "/account?a=b")
    assert answer.status == 303, await answer.text()
    assert answer.headers["Location"] == "/account?a=b"
    sent = fake.asked[0]
    assert sent["redirect_uri"] == f"https://repository.example.org/login/openid/{profile}/back"
    assert len(sent["code_verifier"]) >= 43
    worn(client, answer)
    page = await (await client.get("/account")).text()
    assert "gregor" in page
    assert fake.url in page
    fake.claims = {"email": "moved@abbey.example", "email_verified": False}
    client.session.headers.pop("Cookie")
    assert (await come(client, fake, profile, code="c2")).status == 303, "by the provider's number from now on"


async def test_what_is_asked_of_the_provider(client: TestClient, house: House, fake: Fake) -> None:
    asked = await leave(client, await believed(house, fake.url))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid email profile"
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    assert "code_verifier" not in asked


LIES = {
    "another nonce": {"claims": {"nonce": "replayed"}},
    "no nonce": {"claims": {"nonce": None}},
    "another audience": {"claims": {"aud": "somebody-else"}},
    "several audiences without azp": {"claims": {"aud": ["sheaf", "other"], "azp": "other"}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": 1}},
    "no expiry": {"claims": {"exp": None}},
    "endless": {"claims": {"exp": "never"}},
    "nobody": {"claims": {"sub": None}},
    "a number for somebody": {"claims": {"sub": 7}},
    "not signed": {"algorithm": "none"},
    "signed with the public key as a secret": {"algorithm": "HS256"},
    "signed by another": {"key": OTHER},
    "no token": {"body": b"{}"},
    "nonsense": {"body": b"<html>"},
    "an error": {"body": b'{"error": "invalid_client"}', "status": 401},
    "too much": {"body": b" " * (2**20 + 1)},
}


async def test_lies_are_not_believed(client: TestClient, house: House, fake: Fake, mendel) -> None:
    profile = await believed(house, fake.url)
    for lie, parts in LIES.items():
        liar = {"claims": {}, "algorithm": "RS256", "key": KEY, "body": b"", "status": 200} | parts
        fake.used, fake.claims = set(), VERIFIED | liar.pop("claims")
        for name, value in liar.items():
            setattr(fake, name, value)
        answer = await come(client, fake, profile)
        assert answer.status == 403, lie
        text = await answer.text()
        assert "did not work" in text, lie
        assert "evil.example" not in text
        assert not any("__Host-sheaf=" in line for line in answer.headers.getall("Set-Cookie", [])), lie
    await login(client)
    assert "openid.refused" in await (await client.get("/admin/audit")).text(), "the administrator finds the cause"


async def test_state_code_and_browser_belong_together(client: TestClient, house: House, fake: Fake, mendel) -> None:
    profile = await believed(house, fake.url)
    fake.claims = VERIFIED
    assert (await back(client, profile, state="x", code="c")).status == 400, "nobody was sent there"
    assert (await come(client, fake, profile, state="another login's")).status == 403
    assert not fake.asked, "the code of a mixed-up answer is never sent"
    assert (await come(client, fake, profile, iss="https://evil.example")).status == 403
    assert (await come(client, fake, profile, error="access_denied")).status == 403
    good = await come(client, fake, profile)
    assert good.status == 303
    assert (await back(client, profile, state="x", code="c1")).status == 400, "the way back is good once"
    assert (await come(client, fake, profile)).status == 403, "the provider knows the code is used"
    asked = await leave(client, profile)
    client.session.headers.pop("Cookie")
    assert (await back(client, profile, state=asked["state"], code="c9")).status == 400, "another browser"


async def test_an_address_that_nobody_verified_opens_nothing(client: TestClient, house: House, fake: Fake, mendel) -> None:
    profile = await believed(house, fake.url)
    for claims in (
        {"email": "mendel@abbey.example"},
        VERIFIED | {"email_verified": False},
        VERIFIED | {"email_verified": "false"},
    ):
        fake.claims, fake.used = claims, set()
        answer = await come(client, fake, profile)
        assert answer.status == 403
        assert "no account for you" in await answer.text()
    await house.database.write(lambda tx: store.set_person(tx, mendel, "", "own@abbey.example", proved=False))
    fake.claims, fake.used = VERIFIED | {"email": "own@abbey.example"}, set()
    assert (await come(client, fake, profile)).status == 403, "nor one its owner typed in"


async def test_the_same_number_at_another_provider_is_somebody_else(client: TestClient, house: House, fake: Fake, mendel) -> None:
    fake.claims = VERIFIED
    assert (await come(client, fake, await believed(house, fake.url))).status == 303, "mendel of the university"
    client.session.headers.pop("Cookie")
    async with running() as other:
        settings = OpenID(issuer=other.url, client_id="sheaf", client_secret="secret", label="Elsewhere")
        saved = await house.database.write(profiles.save, "openid", "elsewhere", settings, house.seal, house.clock())
        answer = await come(client, other, saved.id)
        assert answer.status == 403
        assert "no account for you" in await answer.text()


async def test_people_get_accounts_as_the_rows_say(client: TestClient, house: House, fake: Fake) -> None:
    grants = (Grant(claim="groups", value="library", role=Role.MANAGER), Grant(claim="staff", value="true", role=Role.REVIEWER))
    profile = await believed(house, fake.url, admits="granted", grants=grants, keeps_roles=True)
    fake.claims = VERIFIED | {"groups": ["monks"]}
    assert (await come(client, fake, profile)).status == 403
    fake.claims, fake.used = VERIFIED | {"groups": ["monks", "library"], "preferred_username": "admin"}, set()
    assert (await come(client, fake, profile)).status == 303
    made = await house.database.read(store.find, "admin-2")
    assert made is not None, "a name that is taken gets a number"
    assert made.role is Role.MANAGER
    assert (await house.database.read(store.by_email, "mendel@abbey.example")) == made
    fake.claims, fake.used = VERIFIED | {"staff": True}, set()
    assert (await come(client, fake, profile)).status == 303
    assert (await house.database.read(store.find, "admin-2")).role is Role.REVIEWER, "the role follows the claims"
    await house.database.write(store.set_active, "admin-2", False)
    fake.used = set()
    assert (await come(client, fake, profile)).status == 403


async def test_who_has_no_row_left_loses_the_role(client: TestClient, house: House, fake: Fake) -> None:
    profile = await believed(
        house, fake.url, admits="granted", grants=(Grant(claim="groups", value="heads", role=Role.ADMIN),), keeps_roles=True
    )
    fake.claims = VERIFIED | {"groups": ["heads"], "preferred_username": "gregor"}
    assert (await come(client, fake, profile)).status == 303
    assert (await house.database.read(store.get, "gregor")).role is Role.ADMIN
    fake.claims, fake.used = VERIFIED | {"groups": []}, set()
    assert (await come(client, fake, profile)).status == 303
    assert (await house.database.read(store.get, "gregor")).role is Role.RESEARCHER
    fake.claims, fake.used = VERIFIED | {"groups": ["heads"]}, set()
    assert (await come(client, fake, profile)).status == 303
    await house.database.write(store.set_role, "admin", Role.REVIEWER)
    fake.claims, fake.used = VERIFIED, set()
    assert (await come(client, fake, profile)).status == 303
    assert (await house.database.read(store.get, "gregor")).role is Role.ADMIN, "the last administrator stays one"


async def test_without_rows_no_role_is_taken(client: TestClient, house: House, fake: Fake, mendel) -> None:
    await house.database.write(store.set_role, "gregor", Role.MANAGER)
    profile = await believed(house, fake.url, keeps_roles=True)
    fake.claims = VERIFIED
    assert (await come(client, fake, profile)).status == 303
    assert (await house.database.read(store.get, "gregor")).role is Role.MANAGER


def refused(tx) -> list[Noted]:
    return [line for line in search(tx, Asked(), 200) if line.deed == "openid.refused"]


async def test_strangers_do_not_fill_the_log_of_changes(client: TestClient, house: House, fake: Fake, clock: SetClock) -> None:
    profile = await believed(house, fake.url)
    for number in range(5):
        await come(client, fake, profile, state="zz")
        answer = await come(client, fake, profile, error=f"call {number}", error_description=f"Call 0{number}, says {number}")
        assert f"says {number}" in await answer.text(), "the person may need to know"
    lines = await house.database.read(refused)
    assert len(lines) == 2, "each cause once"
    assert {line.subject for line in lines} == {str(profile)}, "by its number, which leads to its page"
    assert {line.actor.address for line in lines} == {"127.0.0.1"}
    assert not any("call" in line.summary.lower() for line in lines), "nothing a stranger wrote"
    clock.pass_time(minutes=61)
    await come(client, fake, profile, state="zz")
    assert len(await house.database.read(refused)) == 3, "and again after an hour"


async def test_who_leaves_and_never_comes_back_must_wait(
    client: TestClient, house: House, fake: Fake, mendel, monkeypatch: pytest.MonkeyPatch, clock: SetClock
) -> None:
    monkeypatch.setattr(admission, "_PATIENCE", Patience(3, LONGEST_SHARED))
    profile = await believed(house, fake.url)
    fake.claims = VERIFIED
    for number in range(4):
        assert (await come(client, fake, profile, code=f"c{number}")).status == 303, "who comes back is not counted"
    for _ in range(3):
        await leave(client, profile)
    answer = await client.get(f"/login/openid/{profile}", allow_redirects=False)
    assert answer.status == 429
    assert "not finished" in await answer.text()
    clock.pass_time(seconds=16)
    await leave(client, profile)


async def test_the_owner_links_and_unlinks(client: TestClient, house: House, fake: Fake) -> None:
    profile = await believed(house, fake.url)
    await login(client, "depositor")
    proof = await csrf(client, "/account")
    link = f"/account/logins/{profile}/link"
    for old in ({}, {"old": "wrong"}):
        answer = await client.post(link, data={"csrf": proof} | old, allow_redirects=False)
        assert answer.status == 422, "an unattended screen links nobody's login for good"
        assert 'id="old-error"' in await answer.text()
    answer = await client.post(link, data={"csrf": proof, "old": PASSWORD}, allow_redirects=False)
    worn(client, answer)
    assert answer.status == 200, "our form-action lets no form be redirected to another site"
    address = answer.headers["Refresh"].removeprefix("0; url=")
    assert escape(address) in await answer.text(), "a link for who is not led there"
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    fake.nonce = asked["nonce"]
    assert (await back(client, profile, state=asked["state"], code="c1")).headers["Location"] == "/account?done=linked"
    assert fake.url in await (await client.get("/account")).text()
    data = {"csrf": proof, "issuer": fake.url, "subject": "mendel"}
    assert (await client.post("/account/logins/unlink", data=data, allow_redirects=False)).status == 303
    assert "mendel" not in await (await client.get("/account")).text()


async def test_the_connection_is_tried(house: House, fake: Fake) -> None:
    settings = OpenID(issuer=fake.url, client_id="sheaf", label="x")
    assert (await try_connection(settings, house.session)).agrees
    fake.metadata = {"issuer": "https://evil.example"}
    assert "calls itself https://evil.example" in (await try_connection(settings, house.session)).message
    fake.metadata = {"code_challenge_methods_supported": ["plain"]}
    assert not (await try_connection(settings, house.session)).agrees
    gone = OpenID(issuer="http://127.0.0.1:1", client_id="sheaf", label="x")
    assert "cannot be reached" in (await try_connection(gone, house.session)).message


@pytest.mark.parametrize(
    "issuer", ["http://login.example.org", "ftp://x", "https://a?b=c", "https://u:p@a", "login.example.org", ""]
)
def test_an_issuer_is_an_https_address(issuer: str) -> None:
    with pytest.raises(ValueError, match="issuer"):
        OpenID(issuer=issuer, client_id="x", label="x")


async def test_a_profile_that_is_off_leads_nowhere(client: TestClient, fake: Fake) -> None:
    assert (await client.get("/login/openid/77", allow_redirects=False)).status == 404
    assert (await client.get("/login/openid/77/back", allow_redirects=False)).status == 404
