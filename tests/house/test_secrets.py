"""Secrets planted wherever one can be are in no log line, page, exception, export, count or backup: all of them are searched.

What is shown to its owner once (a token, recovery codes, the secret of one-time codes) is looked at where it is shown, and is
nowhere afterwards. Digests and sealed forms are kept; they are not the secrets.
"""

import base64
import json
import logging
import random
import re
import secrets
import tarfile
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
import zstandard
from aiohttp import ClientResponse, encode_basic_auth, web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from server import control, observe
from server.accounts import authenticate, store
from server.accounts.model import Role
from server.accounts.passwords import hashed
from server.accounts.tables import accounts
from server.backup.make import make
from server.db.engine import Database
from server.events import telling
from server.house import House
from server.notify import store as deliveries
from server.profiles import store as profiles
from server.settings import Settings
from tests.admin.visits import csrf, login
from tests.conftest import SetClock
from tests.openid.provider import Fake, back, leave, running, worn
from tests.portal.test_crawl import Crawl, Form

KEY = "planted-key-of-the-house"
PASSWORD = "planted-password-of-an-account"
NEW_PASSWORD = "planted-password-of-another-day"
WRONG = "planted-password-mistyped"
AGENCY = "planted-password-of-an-agency"
MAIL = "planted-password-of-the-mail-server"
CLIENT = "planted-secret-of-a-client"
SIGNING = "whsec_" + base64.b64encode(b"planted secret for signing hooks").decode()
TYPED = "planted-but-refused"

PLANTED = {
    "SHEAF_SECRET_KEY": KEY, "password of an account": PASSWORD, "its new password": NEW_PASSWORD, "a mistyped password": WRONG,
    "password of an agency": AGENCY, "password of the mail server": MAIL, "client secret": CLIENT, "signing secret": SIGNING,
    "a secret in a refused form": TYPED,
}  # fmt: skip


@dataclass
class Reader(Crawl):
    """A crawl that reads every page and sends nothing; what it read is in `read`."""

    read: dict[str, str] = field(default_factory=dict)

    async def send(self, form: Form) -> None:
        """Leave the house as it is."""

    async def judge(self, answer: ClientResponse, told: str) -> None:
        self.read[told] = await answer.text(errors="replace")


class Searched:
    """Where secrets are looked for, and what for."""

    def __init__(self) -> None:
        self.secrets = dict(PLANTED)
        self.places: dict[str, str] = {}

    def keep(self, name: str, text: str) -> str:
        self.secrets[name] = text
        return text

    def found(self) -> list[str]:
        return [
            f"{name} in {place}: …{text[max(0, text.index(form) - 100) : text.index(form) + 20]!r}"
            for place, text in self.places.items()
            for name, secret in self.secrets.items()
            for form in spellings(secret)
            if form in text
        ]


def spellings(secret: str) -> Iterator[str]:
    """How a secret may be written: plain, and in base64 behind any number of other bytes, as in a Basic header."""
    yield secret
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + secret.encode()).decode().rstrip("=")
        yield encoded[4 if shift else 0 : -2]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, secret_key=KEY, private_targets="127.0.0.0/8")


@pytest.fixture
async def parrot() -> AsyncIterator[str]:
    """A server that refuses everything and repeats all it was sent, as some do in their errors."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=401, text=f"{request.query.get('pwd', '')} {dict(request.headers)} {await request.text()}")

    application = web.Application()
    application.router.add_route("*", "/{rest:.*}", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    async with running() as provider:
        provider.status = 401
        provider.body = json.dumps(
            {"error": "invalid_client", "error_description": f"{CLIENT} {encode_basic_auth('sheaf', CLIENT)}"}
        ).encode()
        yield provider


def plain(path: Path) -> str:
    """Return all that is in a backup, unpacked."""
    texts = [path.read_bytes().decode("latin-1")]
    with tarfile.open(path) as opened:
        for member in opened:
            body = opened.extractfile(member).read()
            packed = member.name.endswith(".zst")
            texts += [
                member.name,
                (zstandard.ZstdDecompressor().stream_reader(body).read() if packed else body).decode("latin-1"),
            ]
    return "\n".join(texts)


async def profiles_planted(house: House, parrot: str, fake: Fake) -> None:
    doi = {"prefix": "10.82433", "account_id": "INST.REPO", "password": AGENCY, "environment": "test", "endpoint": parrot}
    data = {"types": ["dataset"]}
    mail = {"host": "127.0.0.1", "port": 1, "security": "tls", "user": "sheaf", "password": MAIL, "sender": "sheaf@example.org"}
    provider = {"issuer": fake.url, "client_id": "sheaf", "client_secret": CLIENT, "label": "The university"}
    hook = {"address": f"{parrot}/hook", "secret": SIGNING}
    theses = doi | {"prefix": "10.82434", "types": ["etd"], "account_id": "role"}
    theses |= {"registration_name": "Abbey", "email": "a@example.org", "repository_name": "Garden"}
    handles = {"prefix": "10536/", "server": parrot, "environment": "test", "administrator": "300:0.NA/10536", "secret": AGENCY}
    for kind, values in {
        "handle": handles,
        "datacite": doi | data,
        "crossref": theses,
        "mail": mail,
        "openid": provider,
        "webhook": hook,
    }.items():
        await control.profile_set(house, control.ProfileSet(kind=kind, name=f"Planted {kind}", values=values))


async def answered(searched: Searched, client: TestClient, page: str, to: str = "", status: int = 303, **given: str) -> str:
    """Send a form; keep what it is answered with, and return that or where it leads."""
    proof = await csrf(client, page)
    answer = await client.post(to or page, data={"csrf": proof} | given, allow_redirects=False)
    assert answer.status == status, await answer.text()
    if "Set-Cookie" in answer.headers:
        worn(client, answer)
    text = searched.places[f"the answer to {to or page} ({status})"] = await answer.text()
    return answer.headers.get("Location", text)


async def shown_once(searched: Searched, client: TestClient, clock: SetClock) -> str:
    """Let the owner make a token, one-time codes and recovery codes; return the token."""
    given = {"name": "robot", "scopes": "deposit", "days": "30", "networks": "", "old": PASSWORD}
    page = await (await client.get(await answered(searched, client, "/account/tokens", **given))).text()
    token = searched.keep("API token", re.search(r"shf_[\w-]{43}", page)[0])
    led = await answered(searched, client, "/account/codes", "/account/codes/begin", old=PASSWORD)
    page = await (await client.get(led)).text()
    spaced = re.search(r'id="secret"[^>]*>([A-Z2-7 ]+)<', page)[1]
    secret = searched.keep("secret of one-time codes", spaced.replace(" ", ""))
    searched.keep("the same, as it is shown", spaced)
    given = {"setup": re.search(r'name="setup" value="([\w-]+)"', page)[1], "code": pyotp.TOTP(secret).at(clock())}
    page = await (await client.get(await answered(searched, client, led, "/account/codes/on", **given))).text()
    for number, code in enumerate(re.findall(r"<li><code>([\w-]{19})</code></li>", page)):
        searched.keep(f"recovery code {number}", code)
        searched.keep(f"recovery code {number} without dashes", code.replace("-", ""))
    assert "recovery code 9" in searched.secrets
    return token


async def failures(searched: Searched, client: TestClient, house: House, token: str) -> None:
    """Fail in every way that has a secret at hand."""
    searched.places["a refused login"] = await (await login(client, "planted", WRONG)).text()
    for scheme in (
        encode_basic_auth("planted", PASSWORD),
        encode_basic_auth("planted", WRONG),
        f"Bearer {token}x",
        f"Bearer {token}",
    ):
        answer = await client.get("/sword/v2/service-document", headers={"Authorization": scheme})
        searched.places[f"the answer to {scheme[:6]} {answer.status} {len(scheme)}"] = await answer.text()
    for profile in await house.database.read(profiles.every):
        tested = (
            await house.keeper.test(profile.id) if profile.kind in {"datacite", "crossref", "mail", "openid", "webhook"} else ""
        )
        searched.places[f"the test of {profile.name}"] = repr(tested)
        seen = profiles.opened(profile, house.keeper.kinds[profile.kind].settings, house.seal)
        searched.places[f"{profile.name} as an object"] = f"{profile!r} {seen!r}"


async def crashed(searched: Searched, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> bool:
        raise RuntimeError("the hashing of passwords broke down")

    with monkeypatch.context() as patched:
        patched.setattr(authenticate, "verify", crash)
        answer = await client.post("/login", data={"name": "planted", "password": NEW_PASSWORD + "x"})
        assert answer.status == 500
        searched.places["the answer of a crash"] = await answer.text()


async def exceptions(searched: Searched, database: Database) -> None:
    """A statement that fails is told without its values: they may be anything."""
    row = {"name": "planted", "password": KEY, "role": "admin", "active": True}
    with pytest.raises(IntegrityError) as failed:
        await database.write(lambda tx: tx.execute(insert(accounts).values(row)) and None)
    searched.places["an exception of the database"] = f"{failed.value} {failed.value!r}"


async def forgotten(searched: Searched, client: TestClient, house: House, clock: SetClock, words: list[str]) -> None:
    """Ask for a new password by a letter that does not arrive, let a hook fail too, and come with the link."""
    await client.post("/login/forgotten", data={"email": "planted@example.org"}, allow_redirects=False)
    reset = words[-1]
    await house.database.write(lambda tx: telling.tell(tx, "record.published", "peas", {"title": "Peas"}, clock()))
    for _ in range(3):
        await house.worker.drain()
        clock.pass_time(minutes=2)
    assert len(await house.database.read(deliveries.search, deliveries.Asked(), 10)) >= 2, "a hook and a letter wait"
    assert (await client.get("/login/password", params={"ticket": reset})).status == 200, "this is the word of the link"
    given = {"ticket": reset, "password": NEW_PASSWORD, "again": WRONG}
    text = await (await client.post("/login/password", data=given)).text()
    assert text.count(reset) == 1
    searched.places["a new password mistyped"] = text.replace(reset, "")  # the form carries the word its holder came with


async def provider_fails(searched: Searched, client: TestClient, house: House, fake: Fake) -> None:
    profile = (await house.database.read(profiles.get, "Planted openid")).id
    code = searched.keep("code of a provider", "planted-code-of-a-provider")
    asked = await leave(client, profile)
    fake.nonce = asked["nonce"]
    answer = await back(client, profile, state=asked["state"], code=code)
    assert answer.status == 403
    searched.places["a refused login by a provider"] = await answer.text()


async def pages(searched: Searched, client: TestClient, house: House) -> None:
    """Send forms that are refused, then read all pages an administrator sees."""
    await house.database.write(store.set_password, "admin", hashed(PASSWORD))
    client.session.headers.pop("Cookie", None)
    assert (await login(client, "admin", PASSWORD)).status == 303
    every = await house.database.read(profiles.every)
    number_of = {profile.kind: profile.id for profile in every}
    for kind in ("datacite", "crossref", "mail", "openid", "webhook"):
        page = f"/admin/profiles/{number_of[kind]}"
        await answered(searched, client, page, page, 422, profile_name="", password=TYPED, client_secret=TYPED, secret=TYPED)
    wrong = {"old": PASSWORD, "password": NEW_PASSWORD, "again": WRONG}
    await answered(searched, client, "/account/password", status=422, **wrong)

    reader = Reader(client, random.Random(7), deque(["/admin", "/my", "/account", "/"]), set(), Counter(), [])
    await reader.walk()
    assert len(reader.read) > 45, "it saw what there is"
    waiting = await house.database.read(deliveries.search, deliveries.Asked(), 10)
    alike = [f"/admin/deliveries/{delivery.id}" for delivery in waiting]  # of pages alike the crawl sees one
    parts = ("", "/history", "/test", "/contacts", "/delete")
    alike += [f"/admin/profiles/{profile.id}{part}" for profile in every for part in parts]
    for page in alike:
        await reader.visit(page)
    assert all("<h1" in reader.read[f"GET {page}"] for page in alike)
    assert "401" in reader.read[f"GET /admin/profiles/{number_of['datacite']}/test"], "the agency's refusal is told"
    searched.places |= reader.read
    searched.places["metrics"] = await (await client.get("/metrics")).text()


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep every random word the house makes from now on: cookies, links, tickets, verifiers."""
    words, word_of = [], secrets.token_urlsafe

    def keep(size: int | None = None) -> str:
        words.append(word_of(size))
        return words[-1]

    monkeypatch.setattr(secrets, "token_urlsafe", keep)
    return words


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_secrets_are_nowhere(
    client: TestClient, house: House, clock: SetClock, parrot: str, fake: Fake, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)  # as much as the server ever writes of what it is built of
    caplog.set_level(logging.DEBUG, "sheaf")
    searched, words = Searched(), recorded(monkeypatch)
    await profiles_planted(house, parrot, fake)
    await house.database.write(store.add, "planted", Role.ADMIN, hashed(PASSWORD), clock(), "", "planted@example.org")
    assert (await login(client, "planted", PASSWORD)).status == 303
    token = await shown_once(searched, client, clock)
    await failures(searched, client, house, token)
    await forgotten(searched, client, house, clock, words)
    await crashed(searched, client, monkeypatch)
    await exceptions(searched, house.database)
    await provider_fails(searched, client, house, fake)
    await pages(searched, client, house)

    searched.places["the export"] = (await control.profile_export(house, control.Nothing())).decode()
    make(house.settings, tmp_path / "backup.tar", clock(), lambda *_: lambda _done: None)
    searched.places["the backup"] = plain(tmp_path / "backup.tar")
    assert all("Planted mail" in searched.places[place] for place in ("the export", "the backup"))
    for style in ("text", "json"):
        lines = [record for record in caplog.records if record.name != "aiohttp.access"]  # which the server has not
        log = searched.places[f"the log as {style}"] = "\n".join(map(observe._Line(style).format, lines))
        assert all(event in log for event in ("the hashing of passwords broke down", "refused a login", "refused a token"))

    assert len(words) > 10
    for number, word in enumerate(words):
        searched.keep(f"random word {number}", word)
    found = searched.found()
    assert not found, "\n".join(found)


def test_a_secret_is_found_however_it_is_written() -> None:
    """The search itself: plain and in base64, at any place."""
    for name in ("a", "ab", "abc", "abcd"):
        searched = Searched()
        searched.places = {"header": encode_basic_auth(name, AGENCY)}
        assert len(searched.found()) >= 1
    searched.places = {"page": f"<p>{MAIL}</p>"}
    assert [line.partition(" in ")[0] for line in searched.found()] == ["password of the mail server"]
    searched.places = {"page": "nothing"}
    assert searched.found() == []
