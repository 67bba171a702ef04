"""What a request of the protocol costs and which lane it has: lists that go on before lists that begin."""

from datetime import datetime

from server.admission import Busy, Lane, Visit
from server.budgets import Caller
from server.oai import token
from server.oai.allowed import Guests
from server.oai.errors import BadResumptionToken, Refusal
from server.oai.request import GetRecord, Listing, Pairs, Request, Resumption, parse
from server.oai.token import Position
from server.oai.verbs import Provider

#: What the verbs cost, in tokens of a client's budget.
_RECORDS, _HEADERS, _RECORD, _OTHER = 10.0, 2.0, 2.0, 0.2


def visit(pairs: Pairs, who: tuple[str, str], provider: Provider, guests: Guests, now: datetime) -> Visit:
    """Return what a request is to the server; `who` is the name a client gives itself and its address."""
    agent, address = who
    try:
        request: Request | None = parse(pairs)
    except Refusal:
        request = None
    name = guests.name(provider.definition.allowed, address)
    caller = Caller(f"allowed {name}", "") if name else Caller.of(address, agent)
    return Visit(_lane(request, provider.key, now), caller, _cost(request), allowed=bool(name))


def _cost(request: Request | None) -> float:
    match request:
        case Listing() | Resumption():
            return _RECORDS if request.verb == "ListRecords" else _HEADERS
        case GetRecord():
            return _RECORD
    return _OTHER


def _lane(request: Request | None, key: bytes, now: datetime) -> Lane:
    """Only a token of ours that is still valid makes a list one that is running."""
    if isinstance(request, Resumption):
        try:
            position = token.read(request.verb, request.token, key, Position)
        except BadResumptionToken:
            return Lane.OAI
        return Lane.RUNNING if position.expires >= now.timestamp() else Lane.OAI
    return Lane.OAI


def refusal(busy: Busy, email: str) -> str:
    """Say in a sentence or two what to do next, to the person who reads the harvester's log."""
    return (
        f"Too many harvest at this moment. Ask the same again in {busy.seconds} seconds: nothing is lost, and a resumptionToken "
        f"stays valid for days. Without one, go on with from= the datestamp of the last record received. Contact: {email}\n"
    )
