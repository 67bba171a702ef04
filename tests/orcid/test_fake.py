"""The simulator, held to what others wrote: ORCID's samples as requests, authlib as an OAuth client, ORCID's schemas."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiohttp import ClientError, ClientSession
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from lxml import etree

from tests.fakes.orcid import CLIENT, CURIE, MENDEL, SCOPES, SECRET, FakeOrcid, Mood
from tests.fakes.orcid_answers import FOLDER, schema

BACK = "https://repository.example.org/my/orcid/back"
HEADERS = {"Content-Type": "application/vnd.orcid+xml", "Accept": "application/vnd.orcid+xml"}
shared = pytest.mark.skipif(not FOLDER.exists(), reason="ORCID's schemas are not at hand: SHEAF_SHARED")


def client(fake: FakeOrcid, secret: str = SECRET, scope: str = SCOPES) -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        CLIENT, secret, scope=scope, redirect_uri=BACK, token_endpoint_auth_method="client_secret_post",
        token_endpoint=f"{fake.url}/oauth/token", trust_env=False,
    )  # fmt: skip


async def consented(fake: FakeOrcid, oauth: AsyncOAuth2Client) -> str:
    """Go to the login as a browser does, and return where it leads back."""
    address, state = oauth.create_authorization_url(f"{fake.url}/oauth/authorize")
    async with ClientSession() as browser, browser.get(address, allow_redirects=False) as answer:
        back = answer.headers["Location"]
    assert parse_qs(urlsplit(back).query)["state"] == [state]
    return back


async def test_authlib_gets_a_token_and_uses_it(fake: FakeOrcid) -> None:
    async with client(fake) as oauth:
        back = await consented(fake, oauth)
        token = await oauth.fetch_token(authorization_response=back)
        assert token["orcid"] == MENDEL
        assert token["scope"].split() == SCOPES.split()
        answer = await oauth.get(f"{fake.url}/v3.0/{MENDEL}/works", headers={"Accept": HEADERS["Accept"]})
        assert answer.status_code == 200
        assert (await oauth.get(f"{fake.url}/v3.0/{CURIE}/works")).status_code == 401, "a token is for one record"
        with pytest.raises(OAuthError, match="invalid_grant"):
            await oauth.fetch_token(authorization_response=back)


async def test_authlib_refreshes_and_revokes(fake: FakeOrcid) -> None:
    async with client(fake) as oauth:
        first = await oauth.fetch_token(authorization_response=await consented(fake, oauth))
        second = await oauth.refresh_token(f"{fake.url}/oauth/token")
        assert second["access_token"] != first["access_token"]
        assert first["access_token"] not in fake.tokens
        oauth.revocation_endpoint_auth_method = "client_secret_post"
        answer = await oauth.revoke_token(f"{fake.url}/oauth/revoke", second["access_token"])
        assert answer.status_code == 200
        assert not fake.tokens
        assert (await oauth.get(f"{fake.url}/v3.0/{MENDEL}/works")).status_code == 401


async def test_authlib_reads_what_is_public_and_is_told_no(fake: FakeOrcid) -> None:
    async with client(fake, scope="/read-public") as oauth:
        assert (await oauth.fetch_token(grant_type="client_credentials"))["scope"] == "/read-public"
    async with client(fake, "a wrong one") as oauth:
        with pytest.raises(OAuthError, match="invalid_client"):
            await oauth.fetch_token(grant_type="client_credentials")
    fake.denies = True
    async with client(fake) as oauth:
        back = parse_qs(urlsplit(await consented(fake, oauth)).query)
        assert back["error"] == ["access_denied"]
        assert "code" not in back


@shared
async def test_it_takes_orcids_samples_and_answers_by_its_schemas(fake: FakeOrcid) -> None:
    folder = FOLDER / "samples" / "write_samples"
    headers = HEADERS | {"Authorization": f"Bearer {fake.grant()}"}
    async with httpx.AsyncClient(base_url=f"{fake.url}/v3.0/{MENDEL}", headers=headers, trust_env=False) as api:
        made = await api.post("/work", content=(folder / "work-full-3.0.xml").read_bytes())
        assert made.status_code == 201
        code = made.headers["Location"].rpartition("/")[2]
        twice = await api.post("/work", content=(folder / "work-full-3.0.xml").read_bytes())
        assert twice.status_code == 409
        schema("error").assertValid(etree.fromstring(twice.content))
        many = await api.post("/works", content=(folder / "bulk-work-3.0.xml").read_bytes())
        assert many.status_code == 200
        schema("bulk").assertValid(etree.fromstring(many.content))
        everything = await api.get("/works")
        schema("activities").assertValid(etree.fromstring(everything.content))
        assert (await api.put(f"/work/{code}", content=(folder / "work-full-3.0.xml").read_bytes())).status_code == 400
        assert (await api.delete(f"/work/{code}")).status_code == 204
        assert (await api.delete(f"/work/{code}")).status_code == 404
        assert (await api.post("/work", content=b"<work/>")).status_code == 400


async def test_its_moods_are_what_they_say(fake: FakeOrcid) -> None:
    headers = {"Authorization": f"Bearer {fake.grant()}"}
    statuses = {Mood.DOWN: 503, Mood.LIMITED: 429, Mood.PAGE: 200, Mood.DENIED: 401, Mood.NOT_FOUND: 404, Mood.CONFLICT: 409}
    async with ClientSession(headers=headers) as session:
        for mood, status in statuses.items():
            fake.moods.append(mood)
            async with session.get(f"{fake.url}/v3.0/{MENDEL}/works") as answer:
                assert answer.status == status
    fake.moods.append(Mood.LOST)
    async with ClientSession(headers=headers) as fresh:  # what is asked by GET, the client asks a second time
        with pytest.raises(ClientError):
            await fresh.post(f"{fake.url}/v3.0/{MENDEL}/work", data=b"<work/>")
