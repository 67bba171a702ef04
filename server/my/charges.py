"""My article processing charges: a form that asks OABLE for one, what I asked for, and what became of it.

The pages are there only while a profile of OABLE is switched on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy import Connection
from ulid import ULID

from server.accounts import store as accounts
from server.accounts.model import Account, Right
from server.errors import Conflict
from server.forms.field import Choice
from server.oable import requesting, store
from server.oable.asking import Asked, form
from server.oable.model import ENDED_BADLY, OPEN, Request
from server.oable.requesting import Office
from server.oable.settings import OABLE
from server.oable.store import Wanted
from server.people import store as people
from server.portal.asked import asked
from server.portal.charges import CHARGES
from server.portal.door import VISITOR, pairs
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.records.model import is_id
from server.records.store import Stored
from server.works import own

PAGE = 50
LIST = "/my/charges"
_NEW = f"{LIST}/new"


@dataclass(frozen=True, slots=True)
class Charges:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        get, post = self.frame.get, self.frame.post
        return [
            get(LIST, Right.MY, self.listed),
            get(_NEW, Right.MY, self.empty),
            post(_NEW, Right.MY, self.ask),
            get(LIST + "/{id}", Right.MY, self.one),
        ]

    async def listed(self, request: web.Request) -> web.StreamResponse:
        self._office()
        (before,) = asked(request, "before")
        wanted = Wanted(account_id=request[VISITOR].account.id, before=before)
        found = await self.frame.house.database.read(store.search, wanted, PAGE + 1)
        older = found[PAGE - 1].id if len(found) > PAGE else ""
        return self.frame.page(request, "my/charges.html", found=found[:PAGE], older=older, before=before, states=CHARGES)

    async def one(self, request: web.Request) -> web.StreamResponse:
        self._office()
        read = self.frame.house.database.read
        found = await read(store.get, request.match_info["id"][:26], request[VISITOR].account.id)
        stands = found.state in OPEN and await read(_stands_still)
        return self.frame.page(
            request, "my/charge.html", it=found, states=CHARGES, stands=stands, ended_badly=found.state in ENDED_BADLY
        )

    async def empty(self, request: web.Request) -> web.StreamResponse:
        """Show the form, filled with what is known: of the person, of a work (`work`), or of an earlier request (`from`)."""
        where, (work, before) = self._office(), asked(request, "work", "from")
        known, works = await self.frame.house.database.read(
            _known, request[VISITOR].account, (work, before), self.frame.house.clock()
        )
        layout = form(where.settings.suffix, _choices(works))
        shown = layout.again([(name, value) for name, value in known.items() if value], None, {})
        return self._form(request, shown, str(ULID.from_datetime(self.frame.house.clock())), where)

    async def ask(self, request: web.Request) -> web.StreamResponse:
        where, house, visitor, posted = self._office(), self.frame.house, request[VISITOR], await pairs(request)
        _, works = await house.database.read(_known, visitor.account, ("", ""), house.clock())
        layout, number = form(where.settings.suffix, _choices(works)), posted.get("number", "")
        if not is_id(number):
            number = str(ULID.from_datetime(house.clock()))
        chosen, typed = next((work for work in works if work.id == posted.get("work")), None), list(posted.items())
        if chosen is not None:
            typed = await house.database.read(requesting.filled, typed, chosen)
        read = layout.read(typed)
        if not isinstance(read, Asked):
            return self._form(request, read, number, where, 422)
        try:
            made = await house.database.write(
                requesting.ask, where, number, visitor.account, read, chosen, visitor.actor, house.clock()
            )
        except Conflict as error:
            again = layout.again(typed, None, {"": f"{error.message} {error.remedy}"})
            return self._form(request, again, str(ULID.from_datetime(house.clock())), where, 409)
        house.worker.call()
        raise led(f"{LIST}/{made.id}", "charge-asked")

    def _office(self) -> Office:
        """Return in whose name requests are made; raises NotFound where OABLE is not switched on."""
        return requesting.office(self.frame.house.keeper.live, self.frame.house.press.renderer.repository.item)

    def _form(self, request: web.Request, shown: Any, number: str, where: Office, status: int = 200) -> web.Response:
        return self.frame.page(request, "my/charge-new.html", status, form=shown, number=number, settings=where.settings)


def _stands_still(tx: Connection) -> bool:
    return any(profile.paused for profile in profiles.enabled(tx, [OABLE]))


def _choices(works: Iterable[Stored]) -> list[Choice]:
    return [Choice(work.id, _called(work)) for work in works]


def _called(work: Stored) -> str:
    title, year = work.record.title.value, work.record.dates.issued[:4]
    shown = title if len(title) <= _SHOWN else f"{title[:_SHOWN]}…"
    return f"{shown} ({year})" if year else shown


_SHOWN = 80
"""Characters of a title in the list of works."""


def _known(tx: Connection, account: Account, wished: tuple[str, str], now: datetime) -> tuple[dict[str, str], list[Stored]]:
    """Return what a new form begins with, and the works it offers: somebody's own, those not published yet first.

    `wished` are the work and the earlier request it is to begin with; empty for none.
    """
    work, before = wished
    kept = people.of_account(tx, account.id)
    found = own.mine(tx, account, kept.id if kept else None, "")
    works = [*found.unfinished, *found.works]
    earlier = store.find(tx, before) if before else None
    if earlier is not None and earlier.account_id == account.id:
        return _of_request(earlier, works), works
    mine = accounts.details(tx, account.id, now)
    known = requesting.of_person(kept.person if kept else None, mine.display_name, mine.email)
    chosen = next((each for each in works if each.id == work), None)
    return known | (requesting.of_work(tx, chosen) if chosen else {}), works


def _of_request(earlier: Request, works: Iterable[Stored]) -> dict[str, str]:
    """Return what an earlier request said; a work that is not offered any more is left out, its title and DOI are not."""
    said = {name: str(getattr(earlier.asked, name)) for name in Asked.__struct_fields__}
    return said if said["work"] in {work.id for work in works} else said | {"work": ""}
