"""Search over everything: one line to type in, and what was found by subject, each only for those who may see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from sqlalchemy import Connection

from server.accounts import store as accounts
from server.accounts.model import ROLES, Account, Right
from server.admin.audit import PAGES
from server.audit import log
from server.clock import now
from server.identifiers import ledger
from server.notify import store as deliveries
from server.oai import harvested
from server.people import store as people
from server.portal import words
from server.portal.asked import asked
from server.portal.door import VISITOR
from server.portal.frame import Frame
from server.portal.words import Word
from server.profiles import store as profiles
from server.records.vocabulary import TYPES
from server.runs import schedule
from server.runs import store as runs
from server.runs.task import Tasks
from server.sword import store as deposits
from server.works import find
from server.works.find import Wanted

MOST = 8
"""Finds shown of each subject; its own page shows the rest."""


@dataclass(frozen=True, slots=True)
class Find:
    """One thing that was found, and where its page is."""

    href: str
    label: str
    note: str = ""
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A subject that is searched, the right to see it, and where its page goes on with the same words."""

    label: str
    right: Right
    find: Callable[[Connection, str], Sequence[Find]]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [self.frame.get("/admin/search", Right.WORKS, self.search)]

    async def search(self, request: web.Request) -> web.StreamResponse:
        (text,) = asked(request, "q")
        house = self.frame.house
        found = await house.database.read(_found, sources(house.tasks), request[VISITOR].account, text) if text else []
        return self.frame.page(request, "admin/search.html", text=text, found=found)


def _found(tx: Connection, searched: Sequence[Source], account: Account, text: str) -> list[tuple[Source, Sequence[Find]]]:
    asked_for = ((source, source.find(tx, text)) for source in searched if account.may(source.right))
    return [(source, finds) for source, finds in asked_for if finds]


def _works(tx: Connection, text: str) -> list[Find]:
    return [
        Find(f"/admin/works/{it.id}", it.title, TYPES[it.type].label, words.WORKS[it.state])
        for it in find.page(tx, Wanted(q=text), size=MOST)
    ]


def _imports(tx: Connection, text: str) -> list[Find]:
    return [
        Find(f"/admin/imports/{it.id}", it.title or it.filename or it.id, it.account or "", words.DEPOSITS[it.state])
        for it in deposits.search(tx, text=text, limit=MOST)
    ]


def _identifiers(tx: Connection, text: str) -> list[Find]:
    return [
        Find(f"/admin/identifiers/{it.id}", it.value, it.message or "", words.IDENTIFIERS[it.state])
        for it in ledger.search(tx, text, MOST)
    ]


def _people(tx: Connection, text: str) -> list[Find]:
    found, _ = people.search(tx, people.Search(text), MOST)
    return [Find(f"/admin/people/{it.id}", it.person.label, it.person.post.name if it.person.post else "") for it in found]


def _harvesters(tx: Connection, text: str) -> list[Find]:
    found = harvested.search(tx, harvested.Asked(text), now(), MOST)
    return [Find(f"/admin/harvests/{it.id}", it.name, it.host or it.network) for it in found]


def _profiles(tx: Connection, text: str) -> list[Find]:
    low = text.lower()
    known = (it for it in profiles.every(tx) if low in it.name.lower() or low in it.kind.lower())
    return [Find(f"/admin/profiles/{it.id}", it.name, it.kind) for it in known][:MOST]


def _accounts(tx: Connection, text: str) -> list[Find]:
    low = text.lower()
    known = (it for it in accounts.every(tx) if low in it.name.lower() or low == it.role.value)
    return [Find(f"/admin/accounts/{it.id}", it.name, ROLES[it.role][0]) for it in known][:MOST]


def _runs(tasks: Tasks, tx: Connection, text: str) -> list[Find]:
    low = text.lower()
    named = [task.name for task in tasks if low in task.title.lower()]
    return [
        Find(f"/admin/jobs/{it.id}", tasks.title(it.task), f"{it.id}, {it.message or it.actor.name}", words.RUNS[it.state])
        for it in runs.search(tx, text, named, MOST)
    ]


def _schedules(tasks: Tasks, tx: Connection, text: str) -> list[Find]:
    low = text.lower()
    told = ((it, tasks.title(it.task), schedule.said(it.cron)) for it in schedule.every(tx))
    return [
        Find(f"/admin/jobs/schedules/{it.id}", title, it.problem or time)
        for it, title, time in told
        if any(low in each.lower() for each in (it.task, title, it.cron, time, it.problem))
    ][:MOST]


def _deliveries(tx: Connection, text: str) -> list[Find]:
    return [
        Find(f"/admin/deliveries/{it.id}", it.subject or it.type, it.note or it.type, words.DELIVERIES[it.state])
        for it in deliveries.search(tx, deliveries.Asked(text=text), MOST)
    ]


def _changes(tx: Connection, text: str) -> list[Find]:
    return [
        Find(
            PAGES[it.subject_kind].format(it.subject) if it.subject_kind in PAGES else "",
            it.deed,
            f"{it.actor.name}: {it.summary}",
        )
        for it in log.search(tx, log.Asked(text), MOST)
    ]


def sources(tasks: Tasks) -> tuple[Source, ...]:
    """Return what is searched, in the order it is shown."""
    return (
        Source("Works", Right.WORKS, _works, "/admin/works"),
        Source("Imports", Right.WORKS, _imports, "/admin/imports"),
        Source("Identifiers", Right.WORKS, _identifiers, "/admin/identifiers"),
        Source("People", Right.PEOPLE, _people, "/admin/people"),
        Source("Harvests", Right.WORKS, _harvesters, "/admin/harvests"),
        Source("Jobs", Right.JOBS, partial(_runs, tasks)),
        Source("Schedules", Right.JOBS, partial(_schedules, tasks)),
        Source("Deliveries", Right.DELIVERIES, _deliveries, "/admin/deliveries"),
        Source("Integrations", Right.PROFILES, _profiles),
        Source("Accounts", Right.ACCOUNTS, _accounts),
        Source("Audit log", Right.AUDIT, _changes, "/admin/audit"),
    )
