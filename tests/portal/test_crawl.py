"""A crawl of everything an administrator can reach: every link followed, every form sent with hostile values; nothing may break."""

import random
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest
from aiohttp import ClientResponse, FormData
from aiohttp.test_utils import TestClient
from lxml import html

from tests.admin.visits import deposit_faulty, login
from tests.conftest import Deposit

MARK = "<i data-crawl>&\"'"
HOSTILE = (
    MARK, "", " ", "0", "-1", "9" * 40, "1e309", "NaN", "../../../etc/passwd", "\x00\x01\ufffe", "\r\nSet-Cookie: a=b", "%00%ff", "{{7*7}}${7*7}",
    "' OR 1=1 --", "=cmd|' /C calc'!A0", "http://169.254.169.254/", "javascript:alert(1)", "2026-13-45", "10.5555/" + "x" * 500, "é" * 5000, "𝕏\u202e",
    "csrf", "[]", "null", "true",
)  # fmt: skip
MOST = 600
"""Kinds of pages looked at."""

ENOUGH = 6
"""How often a form of one shape is sent with other values."""


@dataclass(frozen=True)
class Form:
    method: str
    action: str
    fields: tuple[tuple[str, tuple[str, ...], str], ...]
    """Name, the values it offers, its kind."""
    multipart: bool

    @property
    def shape(self) -> tuple[str, str, frozenset[str]]:
        return self.method, shape(self.action), frozenset(re.sub(r"\d+", "0", name) for name, _, _ in self.fields)


def shape(address: str) -> str:
    """An address with what varies taken out, so that a hundred works are one page."""
    parts = urlsplit(address)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")})
    return re.sub(r"/[0-9A-Z]{26}|/\d+", "/#", parts.path) + "?" + ",".join(names)


def forms(page: html.HtmlElement, address: str) -> Iterator[Form]:
    for form in page.iter("form"):
        fields = []
        for element in form.iter("input", "select", "textarea", "button"):
            if name := element.get("name"):
                offered = [option.get("value", option.text or "") for option in element.iter("option")]
                value = element.get("value") if element.tag != "textarea" else element.text
                fields.append((name, tuple(offered or [value or ""]), element.get("type", element.tag)))
        yield Form(
            (form.get("method") or "get").lower(),
            urljoin(address, form.get("action") or ""),
            tuple(fields),
            "multipart" in (form.get("enctype") or ""),
        )


def filled(form: Form, chance: random.Random, csrf: str) -> list[tuple[str, str]]:
    """A form as somebody hostile fills it in: now and then as it was offered, so that one gets past the first check."""
    pairs = []
    for name, offered, kind in form.fields:
        if name == "csrf":
            pairs.append((name, csrf))
        elif kind == "hidden" or (kind in {"submit", "button"} and chance.random() < 0.5) or chance.random() < 0.4:
            pairs.append((name, chance.choice(offered)))
        elif chance.random() < 0.9:
            pairs.extend((name, chance.choice(HOSTILE)) for _ in range(chance.choice((1, 1, 1, 2))))
    return pairs


@dataclass
class Crawl:
    """One walk through all that can be reached, and what was wrong with it."""

    client: TestClient
    chance: random.Random
    waiting: deque[str]
    known: set[str]
    sent: Counter[object]
    wrong: list[str]

    async def walk(self) -> None:
        while self.waiting and len(self.known) < MOST:
            address = self.waiting.popleft()
            if shape(address) not in self.known:
                self.known.add(shape(address))
                await self.visit(address)

    async def visit(self, address: str) -> None:
        answer = await self.client.get(address, allow_redirects=False)
        await self.judge(answer, f"GET {address}")
        if answer.headers.get("Location", "").startswith("/login"):
            await login(self.client)  # a form ended our session
            self.waiting.append(address)
        if "html" not in answer.content_type or not (text := await answer.text()):
            return
        page = html.fromstring(text)
        links = (urljoin(address, link.get("href")) for link in page.iter("a") if link.get("href"))
        self.waiting.extend(link.partition("#")[0] for link in links if link.startswith("/") and not link.startswith("//"))
        for form in forms(page, address):
            while form.action != "/logout" and form.action.startswith("/") and self.sent[form.shape] < ENOUGH:
                self.sent[form.shape] += 1
                await self.send(form)

    async def send(self, form: Form) -> None:
        csrf = next((offered[0] for name, offered, _ in form.fields if name == "csrf"), "")
        pairs = filled(form, self.chance, csrf)
        told = f"{form.method.upper()} {form.action} with {pairs!r:.300}"
        if form.method == "get":
            answer = await self.client.get(form.action, params=pairs, allow_redirects=False)
        else:
            answer = await self.client.post(
                form.action, data=FormData(pairs, default_to_multipart=form.multipart), allow_redirects=False
            )
        await self.judge(answer, told)
        if answer.headers.get("Location", "").startswith("/"):
            self.waiting.append(answer.headers["Location"])

    async def judge(self, answer: ClientResponse, told: str) -> None:
        lead = answer.headers.get("Location", "")
        body = await answer.text(errors="replace") if "html" in answer.content_type else ""
        faults = {
            f"answered {answer.status}": answer.status >= 500,
            f"led to {lead}": urlsplit(lead).netloc not in {"", "repository.example.org"},
            "took a header from us": "a=b" in answer.headers.get("Set-Cookie", ""),
            "did not escape": MARK in body,
        }
        self.wrong.extend(f"{fault}: {told}" for fault, found in faults.items() if found)


@pytest.mark.timeout(300)
async def test_whatever_is_sent_nothing_breaks(client: TestClient, deposit: Deposit) -> None:
    await deposit(title="&lt;i data-crawl&gt;&amp;\"'")
    await deposit_faulty(client)
    await login(client)
    start = ["/admin", "/my", "/account", "/"]
    crawl = Crawl(client, random.Random(7), deque(start), set(), Counter(), [])
    await crawl.walk()
    assert crawl.wrong == []
    print(f"{len(crawl.known)} kinds of pages, {len(crawl.sent)} kinds of forms, sent {crawl.sent.total()} times")
    assert len(crawl.known) > 65, "it got in and saw what is there"
    assert len(crawl.sent) > 50
    assert crawl.sent.total() > 300
