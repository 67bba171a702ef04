"""The HTML pages: how they are written, what protects them, the one style sheet, and how an error looks to a person."""

import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from server import language, observe
from server.middleware import INSIDE
from server.xml import FORBIDDEN

_PACKAGE = Path(__file__).resolve().parent
#: A wheel carries the templates inside the package, an editable checkout beside it.
_FOLDERS = (_PACKAGE / "templates", _PACKAGE.parent / "templates")

#: Nothing but our own small script runs on our pages and nothing is fetched from elsewhere: whatever slips through an escape
#: finds no one to execute it.
PROTECTION = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}

_YEAR = 365 * 24 * 3600

#: What a page says above the sentence that came with the status.
_HEADINGS = {
    400: "This request cannot be understood",
    403: "This is not open to you",
    404: "There is no such page",
    405: "That cannot be done here",
    409: "Something changed meanwhile",
    410: "This work was withdrawn",
    413: "That is too much at once",
    429: "Too many attempts",
    500: "Something went wrong here",
    503: "Not available right now",
}


def _finalize(value: object) -> object:
    """Drop the characters no document may hold; escaping does not remove them."""
    return FORBIDDEN.sub("", value) if type(value) is str else value


def _moment(value: datetime) -> str:
    """Write a moment for people: `14 March 2026, 09:26 UTC`."""
    value = value.astimezone(UTC)
    return f"{value.day} {value:%B %Y, %H:%M} UTC"


def _day(value: datetime) -> str:
    value = value.astimezone(UTC)
    return f"{value.day} {value:%B %Y}"


def size(number: int) -> str:
    """Write a number of bytes for people, in decimal units."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 -- what kilo means
            return f"{number} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


@cache
def environment() -> Environment:
    """Return the environment all HTML templates are loaded with."""
    engine = Environment(
        loader=FileSystemLoader([str(folder / "html") for folder in _FOLDERS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        extensions=["jinja2.ext.i18n"],
    )
    engine.install_gettext_callables(language.gettext, language.ngettext, newstyle=False)  # type: ignore[attr-defined]  # the extension's
    engine.filters |= {"moment": _moment, "day": _day, "size": size}
    engine.globals["static"] = static
    return engine


#: Style sheets that are sent as one and kept in parts: what all pages share, and what is one kind's own.
_SHEETS = {"sheaf.css": ("ground.css", "sheaf.css"), "public.css": ("ground.css", "public.css")}


@cache
def _file(name: str) -> tuple[bytes, str] | None:
    """Return a static file and the digest its address carries, or None."""
    for folder in _FOLDERS:
        paths = [folder / "static" / part for part in _SHEETS.get(name, (name,))]
        if "/" not in name and not name.startswith(".") and all(path.is_file() for path in paths):
            body = b"".join(path.read_bytes() for path in paths)
            return body, hashlib.sha256(body).hexdigest()[:12]
    return None


def static(name: str) -> str:
    """Return the address of a static file; it changes with the file, so that browsers may keep it for a year."""
    found = _file(name)
    if found is None:
        raise LookupError(f"templates/static/{name} does not exist")
    return f"/static/{name}?v={found[1]}"


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one repository."""

    named: Callable[[], str]
    """Says what the repository is called at this moment."""

    @property
    def name(self) -> str:
        """What the repository is called."""
        return self.named()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/static/{name}", self.static)]

    def write(self, template: str, **values: Any) -> str:
        """Write a page; `values` are what its template names."""
        known = {"repository": self.name, "language": language.current(), "inside": INSIDE.get()}
        return environment().get_template(template).render(known | values)

    def answer(self, template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any) -> web.Response:
        """Write a page and send it."""
        return sent(self.write(template, **values), status, headers)

    def translate(self, _request: web.Request, status: int, text: str) -> web.Response:
        """Turn an error into a page a person can read; it never says more than its one sentence."""
        heading = _HEADINGS.get(status, "This did not work")
        sentence = "" if text.startswith(f"{status}:") else text
        number = observe.request_id.get()
        return self.answer(
            "error.html", status, {"Cache-Control": "no-store"}, heading=heading, sentence=sentence, request_id=number
        )

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Send a file of the pages' own; one asked for by its digest never changes."""
        found = _file(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        body, digest = found
        lasting = request.query.get("v") == digest
        headers = PROTECTION | {
            "ETag": f'"{digest}"',
            "Cache-Control": f"public, max-age={_YEAR}, immutable" if lasting else "no-cache",
        }
        if request.if_none_match and any(tag.value in {digest, "*"} for tag in request.if_none_match):
            return web.Response(status=304, headers=headers)
        kind = mimetypes.guess_type(request.match_info["name"])[0] or "application/octet-stream"
        return web.Response(
            body=body, headers=headers | {"Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text/") else kind}
        )


def sent(body: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Send a written page with what protects it."""
    return web.Response(text=body, status=status, headers=PROTECTION | (headers or {}), content_type="text/html", charset="utf-8")
