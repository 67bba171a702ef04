"""What can be done about one import: read it again, judge its work, set it aside, see to it, write a note."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.admin.imports.looking import detail
from server.admin.imports.one import PATH, OneImport, import_of
from server.admin.imports.reasons import chosen
from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid, NotFound
from server.house import House
from server.portal.door import VISITOR, fields
from server.portal.frame import Frame
from server.sword import store
from server.sword.decisions import AS_IT_IS, DECIDED
from server.works import deeds
from server.xml import clean

LONGEST_NOTE = 2000

_WORDS = {
    "as-own": "takes it as a work of its own",
    "as-version": "takes it as the next version of the other",
    "as-change": "takes it as a change of the other",
    AS_IT_IS: "takes it as it is; it waits for approval",
}


@dataclass(frozen=True, slots=True)
class Deeds:
    frame: Frame
    one: OneImport

    def routes(self) -> list[web.RouteDef]:
        post = self.frame.post
        return [
            post(f"{PATH}/publish", Right.REVIEW, self.publish),
            post(f"{PATH}/return", Right.REVIEW, self.hand_back),
            post(f"{PATH}/decline", Right.REVIEW, self.decline),
            post(f"{PATH}/reopen", Right.REVIEW, self.reopen),
            post(f"{PATH}/withdraw", Right.WITHDRAW, self.withdraw),
            post(f"{PATH}/read", Right.IMPORTS, self.read_again),
            post(f"{PATH}/as-own", Right.IMPORTS, self.as_own),
            post(f"{PATH}/as-version", Right.IMPORTS, self.as_version),
            post(f"{PATH}/as-change", Right.IMPORTS, self.as_change),
            post(f"{PATH}/as-it-is", Right.IMPORTS, self.as_it_is),
            post(f"{PATH}/close", Right.IMPORTS, self.close),
            post(f"{PATH}/claim", Right.REVIEW, self.claim),
            post(f"{PATH}/release", Right.REVIEW, self.release),
            post(f"{PATH}/note", Right.REVIEW, self.note),
            post(f"{PATH}/resolve", Right.IMPORTS, self.resolve),
        ]

    async def publish(self, request: web.Request) -> web.StreamResponse:
        deed = _judged(self.frame.house, import_of(request), request[VISITOR].actor, deeds.approve, waits=True)
        return await self.one.done(request, deed, "published")

    async def hand_back(self, request: web.Request) -> web.StreamResponse:
        """Return the work to its depositor with a reason."""
        return await self._reasoned(request, deeds.returned, "returned")

    async def decline(self, request: web.Request) -> web.StreamResponse:
        """Do not take the work, and say why."""
        return await self._reasoned(request, deeds.declined, "declined")

    async def reopen(self, request: web.Request) -> web.StreamResponse:
        """Let a declined work wait for approval again."""
        deed = _judged(self.frame.house, import_of(request), request[VISITOR].actor, deeds.reopen)
        return await self.one.done(request, deed, "reopened")

    async def withdraw(self, request: web.Request) -> web.StreamResponse:
        return await self._reasoned(request, deeds.taken_away, "withdrawn")

    async def _reasoned(self, request: web.Request, deed: Callable[[str], deeds.Deed], what: str) -> web.StreamResponse:
        given = await fields(request)

        async def do() -> None:
            made = deed(deeds.reason_of(chosen(given)))
            await _judged(self.frame.house, import_of(request), request[VISITOR].actor, made)

        return await self.one.done(request, do(), what, given | {"deed": what})

    async def read_again(self, request: web.Request) -> web.StreamResponse:
        deed = self.frame.house.intake.read_again(import_of(request), request[VISITOR].actor)
        return await self.one.done(request, deed, "read")

    async def as_own(self, request: web.Request) -> web.StreamResponse:
        """Take what seemed to be here already as a work of its own."""
        return await self._decided(request, "as-own")

    async def as_version(self, request: web.Request) -> web.StreamResponse:
        """Take what is here already as its next version."""
        return await self._decided(request, "as-version")

    async def as_change(self, request: web.Request) -> web.StreamResponse:
        """Take what is here already as a change of it."""
        return await self._decided(request, "as-change")

    async def as_it_is(self, request: web.Request) -> web.StreamResponse:
        """Take what lacks metadata all the same; its work waits for approval."""
        return await self._decided(request, AS_IT_IS)

    async def _decided(self, request: web.Request, what: str) -> web.StreamResponse:
        house, number, by = self.frame.house, import_of(request), request[VISITOR].actor

        async def do() -> None:
            await house.database.write(_decide, number, what, by, house.clock())
            await house.intake.read_again(number, by)

        return await self.one.done(request, do(), "read")

    async def close(self, request: web.Request) -> web.StreamResponse:
        return await self._written(request, _close, "closed")

    async def claim(self, request: web.Request) -> web.StreamResponse:
        """See to it oneself."""
        return await self._written(request, _claim, "claimed")

    async def release(self, request: web.Request) -> web.StreamResponse:
        """Leave it to somebody else."""
        return await self._written(request, _release, "released")

    async def note(self, request: web.Request) -> web.StreamResponse:
        return await self._written(request, _note, "noted")

    async def resolve(self, request: web.Request) -> web.StreamResponse:
        """Settle what nothing else can: a request that was refused or broke off, or one that is held and was mended elsewhere."""
        return await self._written(request, _resolve, "resolved")

    async def _written(
        self, request: web.Request, deed: Callable[[Connection, str, str, Actor, datetime], None], what: str
    ) -> web.StreamResponse:
        house, given = self.frame.house, await fields(request)
        said = clean(given.get("note", "")).strip()[:LONGEST_NOTE]
        done = house.database.write(deed, import_of(request), said, request[VISITOR].actor, house.clock())
        return await self.one.done(request, done, what, given)


async def _judged(house: House, number: str, by: Actor, deed: deeds.Deed, *, waits: bool = False) -> None:
    """Do a deed to the work of an import. Raises NotFound, Conflict and Invalid; writes nothing then."""
    seen = await house.database.read(detail, number)
    if waits and seen.later is not None:
        raise Conflict("A later request has changed this work since; it is published from there.", code="state")
    if seen.work is None or (waits and not seen.may_judge):
        raise Conflict("This work does not wait for approval any more.", code="state")
    await deeds.carried_out(house, seen.work.id, by, deed)


def _decide(tx: Connection, number: str, what: str, by: Actor, now: datetime) -> None:
    """Keep what a held deposit is to be. Raises NotFound, and Conflict where that cannot be decided of it any more."""
    seen = detail(tx, number)
    if what == AS_IT_IS and not seen.may_take:
        raise Conflict("This import is not held for what its metadata lack alone.", code="state")
    if what in DECIDED and seen.other is None:
        raise Conflict("This import is not held for another work any more.", code="state")
    if what == "as-change" and not seen.may_join:
        raise Conflict("It cannot be a change: more was sent to it, or the other work did not come by SWORD.", code="state")
    store.note(tx, number, now, what, f"{by.name} {_WORDS[what]}.")
    changes = {"duplicate": (None, DECIDED[what])} if what in DECIDED else {}
    audit.note(tx, by, "import.decided", "import", number, now, changes=changes)


def _close(tx: Connection, number: str, _said: str, by: Actor, now: datetime) -> None:
    store.close(tx, number, now, f"Set aside by {by.name}.")
    audit.note(tx, by, "import.closed", "import", number, now)


def _claim(tx: Connection, number: str, _said: str, by: Actor, now: datetime) -> None:
    _exists(tx, number)
    store.claim(tx, number, by.account_id)
    store.note(tx, number, now, "claimed", f"{by.name} sees to it.")
    audit.note(tx, by, "import.claimed", "import", number, now)


def _release(tx: Connection, number: str, _said: str, by: Actor, now: datetime) -> None:
    _exists(tx, number)
    store.claim(tx, number, None)
    store.note(tx, number, now, "released", f"{by.name} leaves it to somebody else.")
    audit.note(tx, by, "import.released", "import", number, now)


def _note(tx: Connection, number: str, said: str, by: Actor, now: datetime) -> None:
    _exists(tx, number)
    if not said:
        raise Invalid("A note without a word says nothing.", place="note")
    store.note(tx, number, now, "note", f"{by.name}: {said}")
    audit.note(tx, by, "import.noted", "import", number, now, changes={"note": (None, said)})


def _resolve(tx: Connection, number: str, said: str, by: Actor, now: datetime) -> None:
    seen = detail(tx, number)
    words = f"Resolved by {by.name}."
    if said:  # for those who keep the repository; the depositor reads that it is resolved, and by whom
        store.note(tx, number, now, "note", f"{by.name}: {said}")
    if seen.may_close:
        store.close(tx, number, now, words)
    elif seen.may_resolve:
        store.note(tx, number, now, "resolved", words)
    else:
        raise Conflict("Nothing about this import is open any more.", code="state")
    store.claim(tx, number, None)
    audit.note(tx, by, "import.resolved", "import", number, now, changes={"note": (None, said)} if said else {})


def _exists(tx: Connection, number: str) -> None:
    if store.deposit(tx, number) is None:
        raise NotFound("There is no such import.")
