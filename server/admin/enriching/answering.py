"""The names of an enrichment, page by page: who each is, answered once for all similar values, but for those left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from multidict import MultiDict
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.enriching.begin import PATH
from server.audit.log import Actor
from server.enrichment import store, viewing
from server.enrichment.kind import strange
from server.enrichment.store import SHOWN, Answer, Enrichment, Tally
from server.enrichment.viewing import Group
from server.enrichment.weighing import STRONG
from server.errors import NotFound
from server.portal import words
from server.portal.asked import asked
from server.portal.asked import number as number_in
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.runs import store as runs
from server.runs.model import Run

SIZE = 10
LISTED = 10
"""So many works of a name are shown with a tick; the others get the answer as well."""

MOST, _AT_ONCE = 2_000, 50
"""Open names that are answered at one press by their strong candidates, and so many of them in one transaction."""

#: Which names a page shows, as it says it.
VIEWS = dict(zip(SHOWN, ("Open, with candidates", "Answered", "Without candidates", "All without an iD"), strict=True))


@dataclass(frozen=True, slots=True)
class _Seen:
    enrichment: Enrichment
    tally: Tally
    run: Run | None
    """The search; None once its report is no longer kept."""
    groups: list[Group]
    total: int


@dataclass(frozen=True, slots=True)
class _Given:
    """What a form says of one name."""

    similar: str
    orcid: str
    """Empty: none of them; `later`: it stays open."""
    left_out: frozenset[str]
    was: str
    """The stamp of the answer the page showed; empty where the name was open."""


def enrichment_number(request: web.Request) -> int:
    """Return the number an address names; raises NotFound for what cannot be one."""
    found = number_in(request.match_info["number"])
    if not found:
        raise NotFound("There is no such enrichment.")
    return found


@dataclass(frozen=True, slots=True)
class Answering:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(f"{PATH}/{{number}}", Right.WITHDRAW, self.names),
            self.frame.post(f"{PATH}/{{number}}", Right.WITHDRAW, self.answer),
            self.frame.post(f"{PATH}/{{number}}/strong", Right.WITHDRAW, self.take_strong),
        ]

    async def names(self, request: web.Request) -> web.StreamResponse:
        number = enrichment_number(request)
        shown, page = asked(request, "show", "page")
        shown, page_number = shown if shown in VIEWS else SHOWN[0], max(number_in(page), 1)
        house = self.frame.house
        seen = await house.database.read_hot(_seen, number, shown, page_number)
        return self.frame.page(
            request, "admin/enriching/names.html", seen=seen, views=VIEWS, shown=shown, page_number=page_number, words=words,
            later=page_number * SIZE < seen.total, listed=LISTED, strong=STRONG,
            strange=strange(seen.enrichment.registry, house.press.renderer.repository.url),
        )  # fmt: skip

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Keep the answers of a page; what somebody else answered since it was shown stays, and that is said."""
        number, form = enrichment_number(request), await pairs(request)
        house, by = self.frame.house, request[VISITOR].actor
        whole = await house.database.write(_keep, number, list(_given(form)), by, house.clock())
        shown, page = form.get("show", ""), form.get("page", "")
        done = "saved" if whole else "answered-meanwhile"
        raise led(f"{PATH}/{number}", done, show=shown if shown in VIEWS else "", page=page if number_in(page) > 1 else "")

    async def take_strong(self, request: web.Request) -> web.StreamResponse:
        """Answer the open names that have exactly one strong candidate by that one, a few names at a time."""
        number, house, by = enrichment_number(request), self.frame.house, request[VISITOR].actor
        await pairs(request)
        enrichment, similars = await house.database.read_hot(_open, number)
        for start in range(0, len(similars), _AT_ONCE):
            groups = await house.database.read_hot(viewing.groups, enrichment, similars[start : start + _AT_ONCE])
            given = [_Given(group.similar, orcid, frozenset(), "") for group in groups if (orcid := _strong(group))]
            await house.database.write(_keep, number, given, by, house.clock())
        raise led(f"{PATH}/{number}", "saved", show="answered")


def _open(tx: Connection, number: int) -> tuple[Enrichment, list[str]]:
    return store.get(tx, number), store.similars(tx, number, SHOWN[0], 1, MOST)[0]


def _strong(group: Group) -> str:
    """Return the iD of the one strong candidate; empty where there is none, or more than one."""
    strong = [each.orcid for each in group.candidates if each.weighed.is_strong]
    return strong[0] if len(strong) == 1 else ""


def _given(form: MultiDict[str]) -> Iterator[_Given]:
    for place in range(SIZE):
        similar = form.get(f"similar-{place}")
        orcid = form.get(f"orcid-{place}")
        if similar is None or orcid is None:
            continue
        there, ticked = form.getall(f"shown-{place}", []), set(form.getall(f"place-{place}", []))
        yield _Given(similar, "" if orcid == "none" else orcid, frozenset(there) - ticked, form.get(f"was-{place}", ""))


def _keep(tx: Connection, number: int, given: list[_Given], by: Actor, now: datetime) -> bool:
    """Keep answers; only an iD that was offered for the name is one.

    Return whether all could be kept: a name that is answered otherwise than the page showed is left as it is. What stood open on
    the page and was left open lets nothing be missed.
    """
    store.get(tx, number)
    stamps = {similar: said.stamp for similar, said in store.answers(tx, number, [one.similar for one in given]).items()}
    missed = [one for one in given if stamps.get(one.similar, "") != one.was]
    given = [one for one in given if one not in missed]
    offered = set(store.candidates(tx, number, [one.similar for one in given]))
    known = {place.similar for place in store.places(tx, number, [one.similar for one in given])}
    for one in given:
        if one.orcid == "later":
            store.forget(tx, number, one.similar)
        elif one.similar in known and (not one.orcid or (one.similar, one.orcid) in offered):
            store.answer(tx, number, Answer(one.similar, one.orcid, one.left_out, by.name, now))
    return all(one.orcid == "later" and not one.was for one in missed)


def _seen(tx: Connection, number: int, shown: str, page: int) -> _Seen:
    enrichment = store.get(tx, number)
    similars, total = store.similars(tx, number, shown, page, SIZE)
    groups = viewing.groups(tx, enrichment, similars)
    return _Seen(enrichment, store.tally(tx, number), runs.find(tx, enrichment.gathered), groups, total)
