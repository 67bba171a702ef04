"""ORCID's Public API as it behaves, on loopback: tokens, the expanded search, records, with moods a test can script.

Also `python -m tests.fakes.orcid_public`. Its answers are pinned by ORCID's schemas and samples, see tests/enrichment/test_fake.py.
"""

import argparse
import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from server.people import names

XML = "application/vnd.orcid+xml; charset=UTF-8"
CLIENT, SECRET = "APP-0123456789ABCDEF", "correct-horse-battery-staple"
MOST_ROWS = 1000
_NS = "http://www.orcid.org/ns/"
_PREFIXES = ("record", "common", "person", "personal-details", "other-name", "email", "activities", "employment", "work")


class Mood(StrEnum):
    """What befalls one request."""

    WELL = "well"
    DOWN = "down"  # 503: too many calls, or the registry is away
    LIMITED = "limited"  # 429 with Retry-After
    HTML = "html"  # 200 with a page of HTML
    LOST = "lost"  # 404 with a page of HTML, of something in between
    SLOW = "slow"  # answered after `slowness` seconds
    CUT = "cut"  # the connection breaks before an answer
    FORGOTTEN = "forgotten"  # 401: the token is not known any more
    BROKEN = "broken"  # XML that ends too early


@dataclass
class Post:
    name: str
    ror: str = ""
    ended: str = ""
    """YYYY, YYYY-MM or YYYY-MM-DD; empty while it lasts."""


@dataclass
class Work:
    title: str
    doi: str = ""
    relationship: str = "self"


@dataclass
class Somebody:
    """One person at ORCID."""

    orcid: str
    given: str
    family: str = ""
    credit: str = ""
    others: tuple[str, ...] = ()
    posts: tuple[Post, ...] = ()
    works: tuple[Work, ...] = ()
    status: int = 200
    """What the record answers: 301 for one that is deprecated, 409 for one that is locked."""


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    mood: Mood


class FakePublicOrcid:
    """The registry and whom it knows. `moods` is taken from the left, one a request; then `mood` holds."""

    def __init__(self, *people: Somebody, client: str = CLIENT, secret: str = SECRET) -> None:
        self.people = {one.orcid: one for one in people}
        self.client, self.secret = client, secret
        self.log: list[Call] = []
        self.moods: deque[Mood] = deque()
        self.mood = Mood.WELL
        self.slowness = 0.2
        self.tokens: set[str] = set()
        self.url = ""
        self._given = 0
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        app = web.Application(middlewares=[self._door])
        app.router.add_post("/oauth/token", self._token)
        app.router.add_get("/v3.0/expanded-search/", self._search)
        app.router.add_get("/v3.0/{orcid}/record", self._record)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    def asked(self, part: str) -> list[Call]:
        """The requests whose path has a part."""
        return [call for call in self.log if part in call.path]

    @web.middleware
    async def _door(self, request: web.Request, handler: Callable) -> web.StreamResponse:
        mood = self.moods.popleft() if self.moods else self.mood
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.log.append(Call(request.method, request.path, dict(request.query), dict(request.headers), form, mood))
        match mood:
            case Mood.DOWN:
                return web.Response(status=503, text="<html><h1>Service Unavailable</h1></html>", content_type="text/html")
            case Mood.LIMITED:
                return web.Response(status=429, headers={"Retry-After": "7"})
            case Mood.LOST:
                return web.Response(status=404, text="<!DOCTYPE html><html><p>No such host</html>", content_type="text/html")
            case Mood.HTML:
                return web.Response(text="<html><title>ORCID</title></html>", content_type="text/html")
            case Mood.FORGOTTEN:
                self.tokens.clear()
            case Mood.SLOW:
                await asyncio.sleep(self.slowness)
            case Mood.CUT:
                request.transport.abort()
        answer = await handler(request)
        if mood is Mood.BROKEN:
            return _xml(answer.text[: len(answer.text) // 2])
        return answer

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != (self.client, self.secret):
            said = {"error": "invalid_client", "error_description": f"Client not found: {form.get('client_id')}"}
            return web.json_response(said, status=401)
        if form.get("grant_type") != "client_credentials" or form.get("scope") != "/read-public":
            return web.json_response({"error": "invalid_scope", "error_description": "Invalid scope"}, status=400)
        self._given += 1
        token = f"token-{self._given:04}"
        self.tokens.add(token)
        return web.json_response({
            "access_token": token, "token_type": "bearer", "refresh_token": f"refresh-{self._given:04}",
            "expires_in": 631138518, "scope": "/read-public", "orcid": None,
        })  # fmt: skip

    def _barred(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") in self.tokens:
            return None
        return web.json_response({"error": "invalid_token", "error_description": "Invalid access token"}, status=401)

    async def _search(self, request: web.Request) -> web.Response:
        if (barred := self._barred(request)) is not None:
            return barred
        rows = int(request.query.get("rows", "100"))
        try:
            wanted = Query(request.query.get("q", "")).read()
        except ValueError as error:
            return _error(400, f"The query cannot be parsed: {error}", 9006)
        if rows > MOST_ROWS:
            return _error(400, "At most 1000 rows", 9006)
        found = [one for one in self.people.values() if one.status == 200 and wanted(one)]
        lines = "".join(map(_line, found[:rows]))
        return _xml(
            f'<expanded-search:expanded-search num-found="{len(found)}" xmlns:expanded-search="{_NS}expanded-search">{lines}'
            "</expanded-search:expanded-search>"
        )

    async def _record(self, request: web.Request) -> web.Response:
        if (barred := self._barred(request)) is not None:
            return barred
        one = self.people.get(request.match_info["orcid"])
        if one is None:
            return _error(404, "The resource was not found.", 9016)
        if one.status != 200:
            words = {301: "This account is deprecated.", 409: "The ORCID record is locked."}
            return _error(one.status, words[one.status], {301: 9007, 409: 9018}[one.status])
        return _xml(record(one))


def _xml(text: str, status: int = 200) -> web.Response:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return web.Response(status=status, text=head + text.removeprefix(head), headers={"Content-Type": XML})


def _error(status: int, words: str, code: int) -> web.Response:
    return _xml(
        f'<error:error xmlns:error="{_NS}error"><error:response-code>{status}</error:response-code>'
        f"<error:developer-message>{escape(words)}</error:developer-message><error:user-message>{escape(words)}"
        f"</error:user-message><error:error-code>{code}</error:error-code>"
        "<error:more-info>https://members.orcid.org/api/resources/troubleshooting</error:more-info></error:error>",
        status,
    )


def _el(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _line(one: Somebody) -> str:
    """A line of the expanded search: institutions current and past, the current first, without dates."""
    posts = sorted(one.posts, key=lambda post: bool(post.ended))
    inner = (
        _el("expanded-search:orcid-id", one.orcid) + _el("expanded-search:given-names", one.given)
        + _el("expanded-search:family-names", one.family) + _el("expanded-search:credit-name", one.credit)
        + "".join(_el("expanded-search:other-name", name) for name in one.others)
        + "".join(_el("expanded-search:institution-name", name) for name in dict.fromkeys(post.name for post in posts))
    )  # fmt: skip
    return f"<expanded-search:expanded-result>{inner}</expanded-search:expanded-result>"


def record(one: Somebody) -> str:
    """A record as everybody may read it."""
    spaces = " ".join(f"xmlns:{prefix}={quoteattr(_NS + prefix)}" for prefix in _PREFIXES)
    path = f"/{one.orcid}"
    name = (
        _el("personal-details:given-names", one.given) + _el("personal-details:family-name", one.family)
        + _el("personal-details:credit-name", one.credit)
    )  # fmt: skip
    others = "".join(
        f'<other-name:other-name visibility="public" put-code="{n}" display-index="0">{_el("other-name:content", other)}'
        "</other-name:other-name>"
        for n, other in enumerate(one.others)
    )
    posts = "".join(_post(n, post) for n, post in enumerate(one.posts))
    works = "".join(_work(n, work) for n, work in enumerate(one.works))
    return (
        f'<record:record path="{path}" {spaces}><common:orcid-identifier>{_el("common:uri", f"https://orcid.org{path}")}'
        f"{_el('common:path', one.orcid)}{_el('common:host', 'orcid.org')}</common:orcid-identifier>"
        f'<person:person path="{path}/person"><person:name visibility="public" path="{one.orcid}">{name}</person:name>'
        f'<other-name:other-names path="{path}/other-names">{others}</other-name:other-names>'
        f'<email:emails path="{path}/email"/></person:person>'
        f'<activities:activities-summary path="{path}/activities">'
        f'<activities:employments path="{path}/employments">{posts}</activities:employments>'
        f'<activities:works path="{path}/works">{works}</activities:works></activities:activities-summary></record:record>'
    )


def _post(number: int, post: Post) -> str:
    parts = zip(("year", "month", "day"), post.ended.split("-"), strict=False) if post.ended else ()
    ended = "".join(_el(f"common:{name}", text) for name, text in parts)
    place = (
        "<common:disambiguated-organization>" + _el("common:disambiguated-organization-identifier", post.ror)
        + _el("common:disambiguation-source", "ROR") + "</common:disambiguated-organization>"
    ) if post.ror else ""  # fmt: skip
    return (
        f'<activities:affiliation-group><common:external-ids/><employment:employment-summary put-code="{number}" '
        f'visibility="public" display-index="1"><common:start-date><common:year>1943</common:year></common:start-date>'
        + (f"<common:end-date>{ended}</common:end-date>" if ended else "")
        + f"<common:organization>{_el('common:name', post.name)}<common:address><common:city>Brno</common:city>"
        f"<common:country>CZ</common:country></common:address>{place}</common:organization>"
        "</employment:employment-summary></activities:affiliation-group>"
    )


def _work(number: int, work: Work) -> str:
    ids = (
        "<common:external-id><common:external-id-type>doi</common:external-id-type>"
        f"{_el('common:external-id-value', work.doi)}{_el('common:external-id-relationship', work.relationship)}"
        "</common:external-id>"
    ) if work.doi else ""  # fmt: skip
    return (
        f"<activities:group><common:external-ids>{ids}</common:external-ids>"
        f'<work:work-summary put-code="{number}" visibility="public" display-index="1">'
        f"<work:title>{_el('common:title', work.title)}</work:title><common:external-ids>{ids}</common:external-ids>"
        "<work:type>journal-article</work:type></work:work-summary></activities:group>"
    )


#: Field of the search → what of somebody it looks in.
_FIELDS: dict[str, Callable[[Somebody], Iterable[str]]] = {
    "family-name": lambda one: (one.family,),
    "given-names": lambda one: (one.given,),
    "credit-name": lambda one: (one.credit,),
    "other-names": lambda one: one.others,
    "doi-self": lambda one: (work.doi for work in one.works if work.relationship == "self"),
    "affiliation-org-name": lambda one: (post.name for post in one.posts),
}
_TOKEN = re.compile(r'\s*(?:(\(|\)|AND\b|OR\b)|([a-z-]+):(?:"((?:[^"\\]|\\.)*)"|((?:[^\s()"\\]|\\.)+)))')


class Query:
    """As much of Lucene's syntax as is asked here: fields, phrases, words with a star at the end, AND, OR, parentheses."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, ...]] = []
        place, text = 0, text.strip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ValueError(text[place:])
            self.tokens.append(found.groups(""))
            place = found.end()

    def read(self) -> Callable[[Somebody], bool]:
        wanted = self._either()
        if self.tokens:
            raise ValueError(self.tokens[0])
        return wanted

    def _either(self) -> Callable[[Somebody], bool]:
        ways = [self._both()]
        while self.tokens and self.tokens[0][0] == "OR":
            self.tokens.pop(0)
            ways.append(self._both())
        return lambda one: any(way(one) for way in ways)

    def _both(self) -> Callable[[Somebody], bool]:
        ways = [self._one()]
        while self.tokens and self.tokens[0][0] == "AND":
            self.tokens.pop(0)
            ways.append(self._one())
        return lambda one: all(way(one) for way in ways)

    def _one(self) -> Callable[[Somebody], bool]:
        if not self.tokens:
            raise ValueError("ends too early")
        sign, name, phrase, word = self.tokens.pop(0)
        if sign == "(":
            inner = self._either()
            if not self.tokens or self.tokens.pop(0)[0] != ")":
                raise ValueError("no closing parenthesis")
            return inner
        if sign or name not in _FIELDS:
            raise ValueError(sign or name)
        text = re.sub(r"\\(.)", r"\1", phrase or word)
        return lambda one: any(_fits(found, text, bool(word)) for found in _FIELDS[name](one))


def _fits(found: str, wanted: str, starred: bool) -> bool:
    if starred and wanted.endswith("*"):
        return any(part.startswith(names.folded(wanted[:-1])) for part in names.folded(found).split())
    return bool(found) and f" {names.folded(wanted)} " in f" {names.folded(found)} "


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8087)

    async def main(port: int) -> None:
        print(
            await FakePublicOrcid(Somebody("0000-0002-1825-0097", "Josiah", "Carberry", posts=(Post("Brown University"),))).start(
                port
            )
        )
        await asyncio.Event().wait()

    asyncio.run(main(parser.parse_args().port))
