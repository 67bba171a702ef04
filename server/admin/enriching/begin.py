"""Works are chosen whose creators ORCID is asked about: a selection, a set, or all that a search finds."""

from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from msgspec import to_builtins
from sqlalchemy import Connection, select

from server.accounts.model import Right
from server.audit import log as audit
from server.audit.log import Actor
from server.enrichment import asking, gathering, store
from server.enrichment.gathering import Enriched, chosen_works, count_chosen
from server.enrichment.store import Chosen, Enrichment, Stand
from server.errors import Conflict, Invalid
from server.portal import words
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.profiles.seal import Seal
from server.records.model import is_id
from server.records.sets import is_hidden
from server.records.tables import sets
from server.runs import store as runs
from server.runs.model import Run
from server.runs.task import Task
from server.works import find, saved
from server.works.find import wanted_of
from server.works.saved import Saved
from server.xml import clean

PATH = "/admin/enrich"
SAMPLE, LATEST = 10, 20


@dataclass(frozen=True, slots=True)
class _Listed:
    enrichment: Enrichment
    stand: Stand
    run: Run | None
    """The search; None once its report is no longer kept."""


@dataclass(frozen=True, slots=True)
class _Home:
    listed: list[_Listed]
    refusal: str
    sets: list[tuple[str, str]]
    searches: list[Saved]
    collections: list[str]


@dataclass(frozen=True, slots=True)
class _Chosen:
    count: int
    sample: list[tuple[str, str]]
    refusal: str


@dataclass(frozen=True, slots=True)
class Begin:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get(PATH, Right.WITHDRAW, self.home),
            self.frame.post(f"{PATH}/choose", Right.WITHDRAW, self.choose),
            self.frame.post(PATH, Right.WITHDRAW, self.begin),
        ]

    async def home(self, request: web.Request) -> web.StreamResponse:
        seen = await self.frame.house.database.read_hot(_home, request[VISITOR].account.id)
        return self.frame.page(request, "admin/enriching/home.html", seen=seen, words=words)

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """Show which works were chosen, and that ORCID is asked about them."""
        form = await pairs(request)
        chosen = _chosen_by(form.getall("id", []), {name: form[name] for name in form})
        if chosen is None:
            wanted = wanted_of(clean(form.get("query", "")))
            raise led("/admin/works", "nothing-selected", **to_builtins(wanted))
        return await self._page(request, chosen)

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Ask for the run; whatever is in its way is said, and nothing is done."""
        form, house, by = await pairs(request), self.frame.house, request[VISITOR].actor
        chosen = _chosen_by(form.getall("id", []), {name: form[name] for name in form} | {"what": "selected"})
        chosen = chosen or Chosen(query=wanted_of(clean(form.get("query", ""))).query)
        try:
            task = house.tasks.get(gathering.NAME)
            number = await house.database.write(_begin, task, house.seal, chosen, by, house.clock())
        except (Conflict, Invalid) as error:
            return await self._page(request, chosen, 409, f"{error.message} {error.remedy}".strip())
        house.worker.call()
        raise led(f"{PATH}/{number}", "started")

    async def _page(self, request: web.Request, chosen: Chosen, status: int = 200, failure: str = "") -> web.StreamResponse:
        seen = await self.frame.house.database.read_hot(_seen, chosen)
        return self.frame.page(
            request, "admin/enriching/choose.html", status, chosen=chosen, seen=seen, failure=failure or seen.refusal,
            wanted=wanted_of(chosen.query),
        )  # fmt: skip


def _chosen_by(ids: list[str], given: dict[str, str]) -> Chosen | None:
    """Return the choice of a form; None where works were to be selected and none is."""
    if spec := clean(given.get("spec", "")).strip()[:200]:
        return Chosen(spec=spec)
    if given.get("what") == "all":
        return Chosen(query=wanted_of(clean(given.get("query", ""))).query)
    selected = tuple(dict.fromkeys(number for number in ids if is_id(number)))
    return Chosen(ids=selected) if selected else None


def refusal_of(tx: Connection) -> str:
    """Say why ORCID cannot be asked; empty where it can."""
    try:
        asking.enabled(tx)
    except Conflict as error:
        return f"{error.message} {error.remedy}".strip()
    return ""


def _home(tx: Connection, account_id: int) -> _Home:
    found = store.latest(tx, LATEST)
    stands = store.stands(tx, [each.id for each in found])
    listed = [_Listed(each, stands[each.id], runs.find(tx, each.gathered)) for each in found]
    specs = select(sets.c.spec, sets.c.name).order_by(sets.c.spec)
    offered = [(row.spec, row.name) for row in tx.execute(specs) if not is_hidden(row.spec)]
    return _Home(listed, refusal_of(tx), offered, saved.seen_by(tx, account_id), find.collections(tx))


def _seen(tx: Connection, chosen: Chosen) -> _Chosen:
    sample = [(item.id, item.title) for item in chosen_works(tx, chosen, "", SAMPLE)]
    return _Chosen(count_chosen(tx, chosen), sample, refusal_of(tx))


def _begin(tx: Connection, task: Task[Enriched], seal: Seal, chosen: Chosen, by: Actor, now: datetime) -> int:
    count = count_chosen(tx, chosen)
    if not count:
        raise Invalid("No work is chosen any more.", place="count")
    number = gathering.begin(tx, task, seal, chosen, by, now)
    audit.note(tx, by, "enrichment.begun", "enrichment", str(number), now, summary=f"{count} works")
    return number
