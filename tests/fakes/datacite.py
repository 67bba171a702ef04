"""DataCite's REST API as it behaves, on loopback, with moods a test can script; also `python -m tests.fakes.datacite --port N`."""

import argparse
import asyncio
import base64
import binascii
import json
import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatch
from urllib.parse import urlsplit

from aiohttp import web

from tests.fakes.datacite_answers import TITLES, errors_answer, gateway_answer, json_answer
from tests.fakes.datacite_listing import page_of, shown
from tests.fakes.datacite_reading import attributes_of
from tests.fakes.datacite_schema import document_of, refusals

BODY_LIMIT = 10 * 2**20
HANDLE_UP = web.RequestKey("handle_up", bool)
#: What the API takes for a DOI at all (else 404), and what it lets be created (else 422).
_PARSER = re.compile(r"(?:https?://(?:dx\.)?doi\.org/)?(?:doi:)?(10\.\d{4,5}/.+)", re.IGNORECASE)
_FORMAT = re.compile(r"10\.\d{4,5}/[-._;()/:a-zA-Z0-9*~$=]+")

#: event → from → to. What is not here is ignored without a word.
MOVES = {
    "register": {"draft": "registered"},
    "publish": {"draft": "findable", "registered": "findable"},
    "show": {"registered": "findable"},
    "hide": {"findable": "registered"},
}


class Mood(StrEnum):
    """What befalls one request."""

    WELL = "well"
    DOWN = "down"  # 503 from the gateway, nothing processed
    CUT = "cut"  # the connection breaks before anything is processed
    LOST = "lost"  # processed, then the connection breaks
    SLOW = "slow"  # processed, answered after `slowness` seconds
    GARBAGE = "garbage"  # processed, 200 with a page of HTML
    LIMITED = "limited"  # 429 with Retry-After
    HANDLE_DOWN = "handle-down"  # processed, but the Handle System does not answer
    REFUSED = "refused"  # 401 whatever the credentials


@dataclass
class Repository:
    """An account: symbol, password, API keys, the prefixes it may use and the domains its DOIs may lead to."""

    symbol: str = "INST.REPO"
    password: str = "correct horse"
    prefixes: tuple[str, ...] = ("10.82433",)
    keys: tuple[str, ...] = ("DC." + "k" * 32,)
    domains: tuple[str, ...] = ("*",)
    active: bool = True


@dataclass
class Doi:
    name: str
    owner: str
    state: str = "draft"
    attributes: dict = field(default_factory=dict)
    created: str = ""
    updated: str = ""
    registered: str | None = None

    @property
    def url(self) -> str | None:
        return self.attributes.get("url")

    @property
    def xml(self) -> bytes:
        return base64.b64decode(self.attributes.get("xml") or "")


@dataclass(frozen=True)
class Call:
    """One request as it came: for tests that look at what the client really said."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    mood: Mood

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Refusal(Exception):
    def __init__(self, status: int, errors: list[dict] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.errors = errors or [{"status": str(status), "title": TITLES.get(status, "")}]


class FakeDatacite:
    """The server and what it knows. `moods` is taken from the left, one a request; then `mood` holds."""

    def __init__(self, *repositories: Repository) -> None:
        self.repositories = repositories or (Repository(),)
        self.dois: dict[str, Doi] = {}
        self.handles: dict[str, str] = {}
        self.log: list[Call] = []
        self.moods: deque[Mood] = deque()
        self.mood = Mood.WELL
        self.slowness = 0.3
        self.retry_after = "7"
        self.minds: list[tuple[bytes, dict]] = []  # what it refuses besides: a part of the metadata, and the error
        self.url = ""
        #: Answers given before anything is processed.
        self._unheard = {
            Mood.DOWN: lambda: gateway_answer(503),
            Mood.LIMITED: lambda: gateway_answer(429, {"Retry-After": self.retry_after}),
            Mood.REFUSED: lambda: errors_answer(401, Refusal(401).errors),
        }
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[self._door])
        app.router.add_get("/heartbeat", self._heartbeat)
        app.router.add_get("/client-prefixes", self._client_prefixes)
        app.router.add_get("/dois/random", self._random)
        app.router.add_post("/dois/validate", self._validate)
        app.router.add_post("/dois", self._create)
        app.router.add_get("/dois", self._index)
        app.router.add_get("/dois/{doi:.+}/get-url", self._get_url)
        app.router.add_get("/dois/{doi:.+}", self._show)
        app.router.add_put("/dois/{doi:.+}", self._upsert)
        app.router.add_patch("/dois/{doi:.+}", self._upsert)
        app.router.add_delete("/dois/{doi:.+}", self._destroy)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    # Every request passes here: the log, the mood, the errors.

    @web.middleware
    async def _door(self, request: web.Request, handler: Callable) -> web.StreamResponse:
        mood = self.moods.popleft() if self.moods else self.mood
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return gateway_answer(413)
        self.log.append(Call(request.method, request.path, dict(request.headers), body, mood))
        request[HANDLE_UP] = mood is not Mood.HANDLE_DOWN
        if mood in self._unheard:
            return self._unheard[mood]()
        answer = web.Response() if mood is Mood.CUT else await self._processed(request, handler)
        if mood in {Mood.LOST, Mood.CUT} and request.transport:
            request.transport.abort()
        if mood is Mood.SLOW:
            await asyncio.sleep(self.slowness)
        if mood is Mood.GARBAGE:
            return web.Response(text="<html><title>Welcome</title></html>", content_type="text/html")
        return answer

    @staticmethod
    async def _processed(request: web.Request, handler: Callable) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return errors_answer(refusal.status, refusal.errors)
        except web.HTTPException as error:
            return errors_answer(error.status, [{"status": str(error.status), "title": TITLES.get(error.status, error.reason)}])

    # Who asks. Three ways to show an API key: as bearer, as user name, as password.

    def _who(self, request: web.Request) -> Repository | None:
        kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if not credentials:
            return None
        if kind == "Bearer":
            name, password = credentials, ""
        else:
            try:
                name, _, password = base64.b64decode(credentials).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                raise Refusal(401) from None
        for repository in self.repositories:
            known = name.upper() == repository.symbol.upper() and password in {repository.password, *repository.keys}
            if known or name in repository.keys:
                return repository
        raise Refusal(401)

    def _writer(self, request: web.Request) -> Repository:
        who = self._who(request)
        if who is None:
            raise Refusal(401)
        if not who.active or "." not in who.symbol:  # inactive, or a member: neither may write
            raise Refusal(403)
        return who

    # The requests.

    async def _heartbeat(self, request: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def _client_prefixes(self, request: web.Request) -> web.Response:
        self._who(request)
        client, prefix = request.query.get("client-id", "").lower(), request.query.get("prefix-id", "")
        found = [
            {"id": f"{r.symbol.lower()}-{p}", "type": "client-prefixes", "attributes": {}}
            for r in self.repositories
            for p in r.prefixes
            if client in {"", r.symbol.lower()} and prefix in {"", p}
        ]
        return json_answer(200, {"data": found, "meta": {"total": len(found)}})

    async def _random(self, request: web.Request) -> web.Response:
        self._who(request)
        prefix = request.query.get("prefix")
        if not prefix:
            raise Refusal(422, [{"status": "422", "title": "Parameter prefix is required"}])
        return json_answer(200, {"dois": [f"{prefix}/{_suffix()}"]})

    async def _validate(self, request: web.Request) -> web.Response:
        who = self._writer(request)
        attributes = _payload(request, await request.read())
        doi = Doi(str(attributes.get("doi", "")).lower(), who.symbol, attributes=attributes)
        errors = self._wrong(doi, who, attributes) or refusals(doi.name, doi.xml or document_of(doi.name, attributes))
        return json_answer(200, {"errors": errors} if errors else _serialized(doi))

    async def _index(self, request: web.Request) -> web.Response:
        who, asked = self._who(request), request.query
        meant = [doi for doi in self.dois.values() if _is_meant(doi, who, asked)]
        rows, following = page_of(meant, asked)
        links = {"next": str(request.url.update_query({"page[cursor]": following}))} if following else {}
        return json_answer(
            200, {"data": [shown(_serialized(d)["data"]) for d in rows], "meta": {"total": len(meant)}, "links": links}
        )

    async def _create(self, request: web.Request) -> web.Response:
        who = self._writer(request)
        attributes = _payload(request, await request.read())
        name = str(attributes.get("doi") or f"{attributes.get('prefix', '')}/{_suffix()}").lower()
        if name in self.dois:
            raise Refusal(422, [{"source": "doi", "title": "This DOI has already been taken", "uid": name}])
        doi = self._new(name, who)
        self._save(request, doi, who, attributes)
        return json_answer(201, _serialized(doi), {"Location": f"{self.url}/dois/{name}"})

    async def _upsert(self, request: web.Request) -> web.Response:
        who = self._writer(request)
        attributes = _payload(request, await request.read())
        doi = self.dois.get(request.match_info["doi"].lower())
        if doi:
            if doi.owner != who.symbol:
                raise Refusal(403)
            self._save(request, doi, who, attributes)
            return json_answer(200, _serialized(doi))
        parsed = _PARSER.fullmatch(request.match_info["doi"])
        if not parsed:
            raise Refusal(404)
        doi = self._new(parsed[1].lower(), who)
        self._save(request, doi, who, attributes)
        return json_answer(201, _serialized(doi))

    async def _show(self, request: web.Request) -> web.Response:
        doi, who = self._known(request), self._who(request)
        if doi.state != "findable" and (who is None or who.symbol != doi.owner):
            raise Refusal(404)
        return json_answer(200, _serialized(doi))

    async def _get_url(self, request: web.Request) -> web.Response:
        doi = self._known(request)
        who = self._who(request)
        if who is None or who.symbol != doi.owner:
            raise Refusal(401 if who is None else 403)
        if doi.name not in self.handles:
            raise Refusal(403, [{"status": "403", "title": "SERVER NOT RESPONSIBLE FOR HANDLE"}])
        return json_answer(200, {"url": self.handles[doi.name]})

    async def _destroy(self, request: web.Request) -> web.Response:
        doi, who = self._known(request), self._writer(request)
        if doi.owner != who.symbol:
            raise Refusal(403)
        if doi.state != "draft":
            answer = errors_answer(405, Refusal(405).errors)
            answer.headers["Allow"] = "HEAD, GET, POST, PATCH, PUT, OPTIONS"
            return answer
        del self.dois[doi.name]
        return web.Response(status=204)

    # What happens to a DOI.

    def _known(self, request: web.Request) -> Doi:
        doi = self.dois.get(request.match_info["doi"].lower())
        if doi is None:
            raise Refusal(404)
        return doi

    def _new(self, name: str, who: Repository) -> Doi:
        if name.partition("/")[0] not in who.prefixes:
            raise Refusal(403)
        return Doi(name, who.symbol, created=_now())

    def _save(self, request: web.Request, doi: Doi, who: Repository, attributes: dict) -> None:
        """Assign, move, validate, store, and tell the Handle System: in the order of the API, and nothing of it on a refusal."""
        state = MOVES.get(attributes.get("event"), {}).get(doi.state, doi.state)
        kept = {key: value for key, value in attributes.items() if key not in {"event", "doi", "prefix", "suffix", "state"}}
        after = Doi(doi.name, doi.owner, state, doi.attributes | kept)
        if errors := self._wrong(after, who, kept):
            raise Refusal(422, errors)
        doi.state, doi.attributes, doi.updated = state, after.attributes, _now()
        self.dois[doi.name] = doi
        if state != "draft" and request[HANDLE_UP]:
            self.handles[doi.name] = doi.url or ""
            doi.registered = doi.registered or _now()

    def _wrong(self, doi: Doi, who: Repository, sent: dict) -> list[dict]:
        """Return the errors of a DOI. A draft may be empty; what is registered needs an address and valid metadata."""
        if not _FORMAT.fullmatch(doi.name):
            return [{"source": "doi", "title": "Is invalid", "uid": doi.name}]
        errors = [
            {"source": "titles", "title": f"Title '{t}' should be an object instead of a string.", "uid": doi.name}
            for t in sent.get("titles") or []
            if isinstance(t, str)
        ][:1]
        host = urlsplit(doi.url or "").hostname or ""
        if doi.url and not any(fnmatch(host, domain) for domain in who.domains):
            title = f"URL {doi.url} is not allowed by repository {who.symbol} domain settings."
            errors.append({"source": "url", "title": title, "uid": doi.name})
        errors += [error for part, error in self.minds if part in doi.xml]
        if doi.state == "draft" or errors:
            return errors
        if not doi.url:
            errors.append({"source": "url", "title": "Can't be blank", "uid": doi.name})
        return errors + refusals(doi.name, doi.xml or document_of(doi.name, doi.attributes))


def _payload(request: web.Request, body: bytes) -> dict:
    """Return data.attributes of a request; the API wants JSON:API and says so."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Refusal(400, [{"status": "400", "title": str(error)}]) from None
    if not document.get("data"):
        title = "You need to provide a payload following the JSONAPI spec"
        raise Refusal(400, [{"status": "400", "title": title}])
    return dict(document["data"].get("attributes") or {})


def _serialized(doi: Doi) -> dict:
    prefix, _, suffix = doi.name.partition("/")
    told = {"created": doi.created, "registered": doi.registered, "updated": doi.updated, "isActive": doi.state == "findable"}
    attributes = (
        attributes_of(doi.xml) | doi.attributes | {"doi": doi.name, "prefix": prefix, "suffix": suffix, "state": doi.state} | told
    )
    client = {"client": {"data": {"id": doi.owner.lower(), "type": "clients"}}}
    return {"data": {"id": doi.name, "type": "dois", "attributes": attributes, "relationships": client}}


def _is_meant(doi: Doi, who: Repository | None, asked: Mapping[str, str]) -> bool:
    """Whether a DOI is on the list that is asked for."""
    client, prefix = asked.get("client-id", "").lower(), asked.get("prefix", "")
    meant = client in {"", doi.owner.lower()} and prefix in {"", doi.name.partition("/")[0]}
    return meant and (who is not None or doi.state == "findable")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _suffix() -> str:
    return "-".join("".join(random.choices("0123456789abcdefghjkmnpqrstvwxyz", k=4)) for _ in range(2))


async def _serve(port: int) -> None:
    fake = FakeDatacite()
    account = fake.repositories[0]
    print(
        f"{await fake.start(port)} account {account.symbol} password {account.password!r} prefix {account.prefixes[0]}",
        flush=True,
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    asyncio.run(_serve(arguments.parse_args().port))
