"""My deposits by SWORD, in the import monitor's words: what came, what is wrong with it, what to do. Read only."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Account, Right
from server.errors import NotFound
from server.portal import words
from server.portal.asked import asked
from server.portal.door import VISITOR
from server.portal.frame import Frame
from server.records import store as records
from server.records.store import Stored
from server.sword import store as sword
from server.sword.model import Container, ContainerState, Deposit, Event

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sent:
    """One deposit with what became of it."""

    deposit: Deposit
    events: list[Event]
    container: Container | None
    work: Stored | None


@dataclass(frozen=True, slots=True)
class Deposits:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        return [
            self.frame.get("/my/deposits", Right.MY, self.deposits),
            self.frame.get("/my/deposits/{id}", Right.MY, self.deposit),
        ]

    async def deposits(self, request: web.Request) -> web.StreamResponse:
        (before,) = asked(request, "before")
        found, states = await self.frame.house.database.read(_listed, request[VISITOR].account, before)
        older = found[PAGE - 1].id if len(found) > PAGE else ""
        return self.frame.page(request, "my/deposits.html", found=found[:PAGE], states=states, older=older, words=words)

    async def deposit(self, request: web.Request) -> web.StreamResponse:
        sent = await self.frame.house.database.read(_sent, request.match_info["id"][:26], request[VISITOR].account)
        return self.frame.page(request, "my/deposit.html", it=sent, words=words)


def _listed(tx: Connection, account: Account, before: str) -> tuple[list[Deposit], dict[str, ContainerState]]:
    found = sword.search(tx, account_id=account.id, before=before, limit=PAGE + 1)
    return found, sword.states_of(tx, {one.container_id for one in found if one.container_id})


def _sent(tx: Connection, number: str, account: Account) -> Sent:
    """Return a deposit of an account; raises NotFound for everybody else's, as if it were not there."""
    found = sword.search(tx, account_id=account.id, number=number, limit=1)
    if not found:
        raise NotFound("There is no such deposit of yours.")
    deposit = found[0]
    container = sword.container(tx, deposit.container_id) if deposit.container_id else None
    work = records.find(tx, deposit.container_id) if deposit.container_id else None
    mine = work if work is not None and work.owner == account.id else None
    return Sent(deposit, sword.events_of(tx, deposit.id), container, mine)
