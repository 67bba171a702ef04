"""ORCID as it behaves, on loopback: its login and tokens, and the works of the Member API 3.0, with moods a test can script.

What it takes and what it answers is checked by ORCID's own schemas; what it refuses and how follows the tables of its source.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from lxml import etree

from tests.fakes.orcid_answers import ACTIVITIES, BULK, COMMON, SPACES, WORK, Refusal, error_element, honest, judge, self_ids

CLIENT, SECRET = "APP-0123456789ABCDEF", "correct horse battery"
MENDEL, CURIE = "0000-0002-1825-0097", "0000-0001-5109-3700"
SCOPES = "/read-limited /activities/update"
MOST = 100
_PAGE = "<!DOCTYPE html><html><body><h1>Oops an error happened!</h1></body></html>"
_XML = "application/vnd.orcid+xml"


class Mood(StrEnum):
    """What befalls one request to the Member API."""

    WELL = "well"
    DOWN = "down"  # 503 with a page, nothing processed
    LIMITED = "limited"  # 429 with Retry-After
    CUT = "cut"  # the connection breaks before anything is processed
    LOST = "lost"  # processed, then the connection breaks
    SLOW = "slow"  # processed, answered late
    PAGE = "page"  # nothing processed, 200 with a page of HTML
    GARBAGE = "garbage"  # processed, 200 with a page of HTML
    NOT_FOUND = "not-found"  # 404 although it is there
    CONFLICT = "conflict"  # 409, already added, although it is not
    LOCKED = "locked"  # 409, the record is locked
    DENIED = "denied"  # 401 although the token is good
    GATEWAY = "gateway"  # 404 of a gateway before ORCID, which knows nothing of records


@dataclass
class Work:
    element: etree._Element
    client: str
    visibility: str = "public"


@dataclass
class Record:
    works: dict[int, Work] = field(default_factory=dict)
    state: str = ""
    """9018 locked, 9044 deactivated, or nothing."""
    moved_to: str = ""


@dataclass
class Token:
    orcid: str
    scope: str
    refresh: str


class FakeOrcid:
    """The site and the Member API; `user` is who logs in. `moods` is taken from the left, one a request; then `mood` holds."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {MENDEL: Record(), CURIE: Record()}
        self.user = MENDEL
        self.denies = False
        self.scope = SCOPES
        self.tokens: dict[str, Token] = {}
        self.codes: dict[str, tuple[str, str, str]] = {}
        self.moods: deque[Mood] = deque()
        self.mood = Mood.WELL
        self.slowness = 0.02
        self.log: list[tuple[str, str, int]] = []
        self.url = ""
        self._numbers = iter(range(1000, 10**9))
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._door], client_max_size=2**26)
        app.router.add_get("/oauth/authorize", self.authorize)
        app.router.add_post("/oauth/token", self.token)
        app.router.add_post("/oauth/revoke", self.revoke)
        api = "/v3.0/{orcid}"
        app.router.add_get(f"{api}/works", self.summaries)
        app.router.add_get(f"{api}/works/{{codes}}", self.read)
        app.router.add_post(f"{api}/work", self.post)
        app.router.add_post(f"{api}/works", self.post_all)
        app.router.add_put(f"{api}/work/{{code}}", self.put)
        app.router.add_delete(f"{api}/work/{{code}}", self.delete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    # What tests do to it.

    def grant(self, orcid: str = MENDEL, scope: str = SCOPES) -> str:
        """Hand out a token as if somebody had permitted it."""
        word = secrets.token_hex(16)
        self.tokens[word] = Token(orcid, scope, secrets.token_hex(16))
        return word

    def deprecate(self, old: str, new: str, *, token_follows: bool = True) -> None:
        """Make one record of two, as ORCID does: the old one keeps nothing and leads to the new one."""
        self.records.setdefault(new, Record())
        self.records[old] = Record(moved_to=new)
        for token in self.tokens.values():
            if token.orcid == old and token_follows:
                token.orcid = new

    def place(self, orcid: str, document: bytes, client: str = "APP-FEDCBA9876543210") -> int:
        """Put a work there as somebody else."""
        code = next(self._numbers)
        self.records[orcid].works[code] = Work(judge(etree.fromstring(document)), client)
        return code

    def ours(self, orcid: str) -> dict[int, etree._Element]:
        return {code: work.element for code, work in self.records[orcid].works.items() if work.client == CLIENT}

    # Every request of the API passes here: the log, the mood, the errors.

    @web.middleware
    async def _door(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        if not request.path.startswith("/v3.0/"):
            return await handler(request)  # type: ignore[no-any-return]
        mood = self.moods.popleft() if self.moods else self.mood
        await request.read()
        unprocessed = self._unprocessed(request).get(mood)
        answer = unprocessed() if unprocessed is not None else await self._processed(request, handler)
        self.log.append((request.method, request.path, answer.status))
        if mood is Mood.SLOW:
            await asyncio.sleep(self.slowness)
        if mood in {Mood.CUT, Mood.LOST}:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text=_PAGE, content_type="text/html") if mood is Mood.GARBAGE else answer

    def _unprocessed(self, request: web.Request) -> dict[Mood, Callable[[], web.StreamResponse]]:
        """What is answered before anything is done."""
        return {
            Mood.DOWN: lambda: web.Response(status=503, text=_PAGE, content_type="text/html"),
            Mood.LIMITED: lambda: web.Response(status=429, headers={"Retry-After": "7"}),
            Mood.PAGE: lambda: web.Response(text=_PAGE, content_type="text/html"),
            Mood.NOT_FOUND: lambda: _error(Refusal(9016)),
            Mood.CONFLICT: lambda: _error(Refusal(9021)),
            Mood.LOCKED: lambda: _error(Refusal(9018, own=request.match_info["orcid"])),
            Mood.DENIED: lambda: _denied(request),
            Mood.GATEWAY: lambda: web.json_response({"message": "no Route matched with those values"}, status=404),
            Mood.CUT: web.Response,
        }

    async def _processed(self, request: web.Request, handler: Callable[[web.Request], Any]) -> web.StreamResponse:
        """Check whose token it is and how the record stands, in ORCID's order; then do what is asked."""
        orcid = request.match_info["orcid"]
        token = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        record = self.records.get(orcid)
        if token is None or (token.orcid != orcid and not (record and record.moved_to)):
            return _denied(request)
        if request.method != "GET" and "/activities/update" not in token.scope:
            return web.json_response({"error": "insufficient_scope"}, status=403)
        try:
            if record is None:
                raise Refusal(9016)
            if record.moved_to:
                path = request.path.replace(orcid, record.moved_to)
                own, primary = f"{self.url}/{orcid}", f"{self.url}/{record.moved_to}"
                return _error(Refusal(9007, primary=primary, own=own), {"Location": f"{self.url}{path}"})
            if record.state:
                raise Refusal(int(record.state), own=orcid)
            return await handler(request)  # type: ignore[no-any-return]
        except Refusal as refusal:
            return _error(refusal)

    # OAuth (RFC 6749), as ORCID-Source's tutorials have it.

    async def authorize(self, request: web.Request) -> web.Response:
        asked = request.query
        if asked.get("client_id") != CLIENT or asked.get("response_type") != "code" or not asked.get("redirect_uri"):
            return web.json_response({"error_description": "invalid", "error": "invalid_request"}, status=400)
        back, state = asked["redirect_uri"], {"state": asked["state"]} if "state" in asked else {}
        if self.denies:
            answer = {"error": "access_denied", "error_description": "User denied access"} | state
        elif not set(asked.get("scope", "").split()) <= {"/authenticate", "openid", *SCOPES.split(), "/person/update"}:
            answer = {"error": "invalid_scope"} | state
        else:
            code = secrets.token_hex(3)
            self.codes[code] = (self.user, back, asked["scope"])
            answer = {"code": code} | state
        return web.Response(status=302, headers={"Location": f"{back}?{urlencode(answer)}"})

    async def token(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return web.Response(status=415, text="Content-Type is not supported.", content_type="text/html")
        given = {name: str(value) for name, value in (await request.post()).items()}
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response(
                {"error_description": "Client not found or bad secret", "error": "invalid_client"}, status=401
            )
        kind = given.get("grant_type")
        if kind == "client_credentials" and given.get("scope") == "/read-public":
            return _token({"access_token": secrets.token_hex(16), "scope": "/read-public", "orcid": None})
        if kind == "authorization_code":
            orcid, back, scope = self.codes.pop(given.get("code", ""), ("", "", ""))
            if orcid and back == given.get("redirect_uri"):
                return self._handed(
                    orcid, " ".join(one for one in scope.split() if one in [*self.scope.split(), "/authenticate"])
                )
        if kind == "refresh_token":
            old = next((word for word, token in self.tokens.items() if token.refresh == given.get("refresh_token")), "")
            if old:
                token = self.tokens.pop(old) if given.get("revoke_old") != "false" else self.tokens[old]
                return self._handed(token.orcid, given.get("scope", token.scope))
        return web.json_response({"error": "invalid_grant", "error_description": "Invalid authorization code"}, status=400)

    def _handed(self, orcid: str, scope: str) -> web.Response:
        word = self.grant(orcid, scope)
        said = {"access_token": word, "refresh_token": self.tokens[word].refresh, "scope": scope, "orcid": orcid}
        return _token(said | {"name": "Gregor Mendel", "expires_in": 631138518})

    async def revoke(self, request: web.Request) -> web.Response:
        given = {name: str(value) for name, value in (await request.post()).items()}
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        word = given.get("token", "")
        found = next((one for one, token in self.tokens.items() if word in {one, token.refresh}), "")
        self.tokens.pop(found, None)
        return web.Response()

    # Works.

    async def summaries(self, request: web.Request) -> web.Response:
        orcid = request.match_info["orcid"]
        root = etree.Element(f"{{{ACTIVITIES}}}works", path=f"/{orcid}/works", nsmap=SPACES)
        for code, work in self.records[orcid].works.items():
            group = etree.SubElement(root, f"{{{ACTIVITIES}}}group")
            group.append(_copy(work.element.find(f"{{{COMMON}}}external-ids")))
            group.append(self._summary(orcid, code, work))
        return _answer(honest(etree.tostring(root), "activities"))

    def _summary(self, orcid: str, code: int, work: Work) -> etree._Element:
        """A work as the list has it, in the order of the schema."""
        path = f"/{orcid}/work/{code}"
        one = etree.Element(
            f"{{{WORK}}}work-summary", attrib={"put-code": str(code), "path": path, "visibility": work.visibility}
        )
        one.append(self._source(work))
        names = (f"{{{WORK}}}title", f"{{{COMMON}}}external-ids", f"{{{COMMON}}}url", f"{{{WORK}}}type")
        for name in (*names, f"{{{COMMON}}}publication-date", f"{{{WORK}}}journal-title"):
            if (part := work.element.find(name)) is not None:
                one.append(_copy(part))
        return one

    def _source(self, work: Work) -> etree._Element:
        source = etree.Element(f"{{{COMMON}}}source", nsmap=SPACES)
        client = etree.SubElement(source, f"{{{COMMON}}}source-client-id")
        etree.SubElement(client, f"{{{COMMON}}}uri").text = f"https://sandbox.orcid.org/client/{work.client}"
        etree.SubElement(client, f"{{{COMMON}}}path").text = work.client
        etree.SubElement(client, f"{{{COMMON}}}host").text = "sandbox.orcid.org"
        etree.SubElement(source, f"{{{COMMON}}}source-name").text = (
            "The repository" if work.client == CLIENT else "Another system"
        )
        return source

    def _whole(self, orcid: str, code: int, work: Work) -> etree._Element:
        one = _copy(work.element)
        one.set("put-code", str(code))
        one.set("visibility", work.visibility)
        one.set("path", f"/{orcid}/work/{code}")
        one.insert(0, self._source(work))
        return one

    async def read(self, request: web.Request) -> web.Response:
        orcid = request.match_info["orcid"]
        root = etree.Element(f"{{{BULK}}}bulk", nsmap=SPACES)
        for text in request.match_info["codes"].split(","):
            work = self.records[orcid].works.get(int(text))
            root.append(error_element(Refusal(9016)) if work is None else self._whole(orcid, int(text), work))
        return _answer(honest(etree.tostring(root), "bulk"))

    async def post(self, request: web.Request) -> web.Response:
        orcid = request.match_info["orcid"]
        code = self._add(orcid, _parsed(await request.read()))
        return web.Response(status=201, headers={"Location": f"{self.url}/v3.0/{orcid}/work/{code}"})

    async def post_all(self, request: web.Request) -> web.Response:
        orcid, root = request.match_info["orcid"], _parsed(await request.read())
        if root.tag != f"{{{BULK}}}bulk":
            raise Refusal(9001)
        if len(root) > MOST:
            return web.Response(status=413)
        answer = etree.Element(f"{{{BULK}}}bulk", nsmap=SPACES)
        for one in list(root):
            try:
                code = self._add(orcid, _copy(one))
                answer.append(self._whole(orcid, code, self.records[orcid].works[code]))
            except Refusal as refusal:
                answer.append(error_element(refusal))
        return _answer(honest(etree.tostring(answer), "bulk"))

    def _add(self, orcid: str, work: etree._Element) -> int:
        if work.get("put-code") is not None:
            raise Refusal(9024)
        judge(work)
        self._single(orcid, work, 0)
        code = next(self._numbers)
        self.records[orcid].works[code] = Work(work, CLIENT)
        return code

    def _single(self, orcid: str, work: etree._Element, code: int) -> None:
        """Refuse a work that the same client has put there: one that shares an identifier of its own."""
        for other, known in self.records[orcid].works.items():
            if other != code and known.client == CLIENT and self_ids(known.element) & self_ids(work):
                raise Refusal(9021)

    async def put(self, request: web.Request) -> web.Response:
        orcid, code = request.match_info["orcid"], int(request.match_info["code"])
        work = _parsed(await request.read())
        if work.get("put-code") != str(code):
            raise Refusal(9019, url=code, body=work.get("put-code"))
        known = self._known(orcid, code)
        if work.get("visibility") not in {None, known.visibility}:
            raise Refusal(9035)
        judge(work)
        self._single(orcid, work, code)
        known.element = work
        return _answer(honest(etree.tostring(self._whole(orcid, code, known)), "work"))

    async def delete(self, request: web.Request) -> web.Response:
        orcid, code = request.match_info["orcid"], int(request.match_info["code"])
        self._known(orcid, code)
        del self.records[orcid].works[code]
        return web.Response(status=204)

    def _known(self, orcid: str, code: int) -> Work:
        found = self.records[orcid].works.get(code)
        if found is None:
            raise Refusal(9016)
        if found.client != CLIENT:
            raise Refusal(9010)
        return found


def _copy(element: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(element))


def _parsed(body: bytes) -> etree._Element:
    try:
        return etree.fromstring(body)
    except etree.XMLSyntaxError as error:
        raise Refusal(9001) from error


def _answer(body: bytes) -> web.Response:
    return web.Response(body=body, content_type=_XML)


def _error(refusal: Refusal, headers: dict[str, str] | None = None) -> web.Response:
    body = honest(etree.tostring(error_element(refusal)), "error")
    return web.Response(status=refusal.status, body=body, content_type=_XML, headers=headers)


def _denied(request: web.Request) -> web.Response:
    word = request.headers.get("Authorization", "").removeprefix("Bearer ")
    said = {"error": "invalid_token", "error_description": f"Invalid access token: {word}"}
    return web.json_response(said, status=401)


def _token(said: dict[str, Any]) -> web.Response:
    return web.json_response(said | {"token_type": "bearer"})
