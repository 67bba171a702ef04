"""How the tests write works as a browser without scripts does: fill in the fields of a page, and send all of them."""

import re
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from lxml import html

NEW = "/admin/works/new"


def fields_of(page: str, action: str) -> list[tuple[str, str]]:
    """Return what a browser would send of a form as it stands, without a button and without files."""
    root = html.fromstring(page)
    form = next(form for form in root.forms if form.action == action)
    return [(name, value) for name, value in form.form_values() if name != "upload"]


async def send(client: TestClient, path: str, changes: dict[str, str], then: str = "save", **more: Any) -> ClientResponse:
    """Load a form, change fields by name, and send it."""
    page = await (await client.get(path)).text()
    return await send_again(client, page, path, changes, then, **more)


async def send_again(
    client: TestClient, page: str, path: str, changes: dict[str, str], then: str = "save", row: str = ""
) -> ClientResponse:
    """Send the form of a page that was loaded before."""
    pairs = [(name, value) for name, value in fields_of(page, path) if name not in changes]
    pairs += [(name, value) for name, value in changes.items() if value]
    pairs.append(("row", row) if row else ("then", then))
    body = urlencode(pairs)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, data=body, headers=headers, allow_redirects=False)


def work_in(answer: ClientResponse) -> str:
    """Return the work an answer leads to."""
    assert answer.status == 303, answer.status
    return re.search(r"/admin/works/([0-9A-Z]{26})", answer.headers["Location"])[1]


PEAS = {"type": "publication.journalArticle", "title.value": "Peas", "creators.0.family": "Mendel", "creators.0.given": "Gregor",
        "dates.issued": "1866"}  # fmt: skip
