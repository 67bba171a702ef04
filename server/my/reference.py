"""The address an error document of SWORD names: what became of one request, for whoever sent it, as a page or as JSON.

It is open to the sender, to whose deposit it is, and to those who keep the repository; by the credentials a client sends, or by
a session.
"""

from dataclasses import dataclass

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server.accounts.authenticate import Authenticator
from server.accounts.model import Account, Right
from server.accounts.tokens import Scope
from server.clock import to_wire
from server.errors import NotFound, Refused
from server.middleware import remote_address
from server.portal import words
from server.portal.frame import Frame
from server.records import store as records
from server.records.model import is_id
from server.records.store import State, Stored
from server.sword import problems, store
from server.sword.causes import CAUSES
from server.sword.model import STATES, Container, Deposit, Event
from server.sword.problems import Known

PATH = "/sword/deposits/{id}"

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Sheaf SWORD", charset="UTF-8"'}
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request with what became of it."""

    deposit: Deposit
    known: list[Known]
    events: list[Event]
    container: Container | None
    work: Stored | None


@dataclass(frozen=True, slots=True)
class Reference:
    frame: Frame
    authenticator: Authenticator

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.deposit)]

    async def deposit(self, request: web.Request) -> web.StreamResponse:
        paged = "text/html" in request.headers.get("Accept", "")
        try:
            account = await self._reader(request)
        except Refused as error:
            return self._refused(request, error, 401, paged=paged)
        if account is None:
            if paged and "Authorization" not in request.headers:
                raise web.HTTPSeeOther(f"/login?next={request.path}")
            return self._refused(
                request, Refused("Credentials are needed.", remedy="Send HTTP Basic or a token."), 401, paged=paged
            )
        try:
            sent = await self.frame.house.database.read(_sent, request.match_info["id"], account)
        except NotFound as error:
            return self._refused(request, error, 404, paged=paged)
        if not paged:
            return web.json_response(body=msgspec.json.encode(self._said(sent)), headers=_NO_STORE)
        keeps = account.may(Right.WORKS)
        return self.frame.pages.answer(
            "my/reference.html", 200, _NO_STORE, it=sent, words=words, cause_of=CAUSES.get, keeps=keeps
        )  # fmt: skip

    async def _reader(self, request: web.Request) -> Account | None:
        """Return who asks: by the credentials a client sends, else by the session; None for a stranger. Raises Refused."""
        header = request.headers.get("Authorization", "")
        if header:
            return await self.authenticator.admit(header, Scope.READ, remote=remote_address(request))
        return await self.frame.door.somebody(request)

    def _refused(self, request: web.Request, error: Refused | NotFound, status: int, *, paged: bool) -> web.Response:
        headers = _CHALLENGE if status == web.HTTPUnauthorized.status_code else {}
        if paged:
            answer = self.frame.pages.translate(request, status, f"{error.message} {error.remedy}".strip())
            answer.headers.update(headers)
            return answer
        said = {"error": error.code, "message": error.message, "remedy": error.remedy}
        return web.json_response(body=msgspec.json.encode(said), status=status, headers=headers | _NO_STORE)

    def _said(self, sent: Sent) -> dict[str, object]:
        """Return what became of a request in the words of its error document."""
        it, repository = sent.deposit, self.frame.house.press.renderer.repository
        said: dict[str, object] = {
            "id": it.id,
            "state": it.state.value,
            "meaning": words.DEPOSITS[it.state].meaning,
            "received": to_wire(it.received),
            "request": {"method": it.method, "url": it.url, "filename": it.filename, "bytes": it.bytes, "sha256": it.sha256},
            "title": it.title,
            "problems": [_problem(each) for each in sent.known],
            "events": [{"at": to_wire(event.at), "what": event.what, "detail": event.detail} for event in sent.events],
        }
        if sent.container is not None:
            said["deposit"] = {
                "id": sent.container.id,
                "state": sent.container.state.value,
                "meaning": STATES[sent.container.state],
                "reason": sent.work.reason if sent.work is not None else None,
            }
        if sent.work is not None and sent.work.state is State.PUBLISHED:
            said["work"] = repository.item(sent.work.id)
        return said


def _problem(known: Known) -> dict[str, str]:
    it, cause = known.problem, CAUSES.get(known.problem.code)
    said = {"code": it.code, "title": words.problem(it.code), "weight": known.weight.value, "message": it.message}
    said |= {"place": it.place, "value": it.value, "remedy": it.remedy}
    return said | ({"kind": cause.kind.value, "meaning": cause.meaning} if cause is not None else {})


def _sent(tx: Connection, number: str, account: Account) -> Sent:
    """Return a request and what became of it; raises NotFound for those it is nothing to, as if it were not there."""
    deposit = store.deposit(tx, number) if is_id(number) else None
    known = deposit is not None and account.lets_into(deposit.collection)
    if deposit is None or not known or not (_is_theirs(deposit, account) or account.may(Right.WORKS)):
        raise NotFound("There is no such deposit of yours.")
    events = [event for event in store.events_of(tx, number) if event.what not in _OURS]
    mine = deposit.container_id
    return Sent(
        deposit, problems.of(tx, number), events, store.container(tx, mine) if mine else None,
        records.find(tx, mine) if mine else None,
    )  # fmt: skip


#: Events that are nobody's business but of those who keep the repository.
_OURS = frozenset({"note", "claimed", "released"})


def _is_theirs(deposit: Deposit, account: Account) -> bool:
    return account.id == deposit.sender_id or account.name == deposit.account
