"""What an operator can ask of identifiers: list them, show one with what was sent, ask again, hold back, let go, compare."""

from typing import Any

from sqlalchemy import Connection

from server.audit.log import OPERATOR
from server.control.operation import Arguments, Operation
from server.errors import NotFound
from server.house import House
from server.identifiers import drifts, history, holding, ledger, renewing, watching
from server.identifiers.retrying import NAME, Retry
from server.identifiers.roundtrip import Step, round_trip
from server.identifiers.watching import Asked, Row
from server.profiles import store as profiles
from server.runs import store as runs
from server.runs.model import Run

LINES = 10
"""Exchanges with the agency that are shown of one identifier."""


class Filter(Arguments, frozen=True, kw_only=True):
    """Which identifiers are meant; empty means any."""

    text: str = ""
    state: str = ""
    profile: str = ""
    scheme: str = ""
    fault: str = ""
    cause: str = ""
    age: str = ""
    waiting: bool = False
    """Those that wait longest first; else the newest."""
    size: int = 50


class Which(Arguments, frozen=True, kw_only=True):
    """One identifier, by its number or as it is written."""

    value: str
    why: str = ""


class ProfileNamed(Arguments, frozen=True, kw_only=True):
    name: str


async def listed(house: House, arguments: Filter) -> dict[str, Any]:
    """Return the first identifiers that are meant, how many there are in all, and how many of each state."""
    return await house.database.read(_listed, arguments, house)


async def shown(house: House, arguments: Which) -> dict[str, Any]:
    """Return what is known of one identifier, and the last exchanges with its agency."""
    return await house.database.read(_shown, arguments.value)


async def retry(house: House, arguments: Which) -> dict[str, Any]:
    """Ask the agency about one identifier again, soon."""
    number = await house.database.read(_number, arguments.value)
    entry = await house.database.write(holding.retry, number, house.agencies, OPERATOR, house.clock())
    house.worker.call()
    return {"value": entry.value}


async def retry_all(house: House, arguments: Filter) -> Run:
    """Ask for a run over all that are meant and that no agency confirmed."""
    return await house.database.write(_retried, arguments, house)


async def hold(house: House, arguments: Which) -> dict[str, Any]:
    number = await house.database.read(_number, arguments.value)
    entry = await house.database.write(holding.hold, number, arguments.why, OPERATOR, house.clock())
    return {"value": entry.value}


async def release(house: House, arguments: Which) -> dict[str, Any]:
    number = await house.database.read(_number, arguments.value)
    entry = await house.database.write(holding.release, number, house.agencies, OPERATOR, house.clock())
    house.worker.call()
    return {"value": entry.value}


async def renew(house: House, arguments: Which) -> dict[str, Any]:
    """Give up a name that is another's, and give its work the next one."""
    number = await house.database.read(_number, arguments.value)
    new = await house.database.write(renewing.renew, number, house.agencies, OPERATOR, house.clock())
    house.worker.call()
    return {"value": new.value}


async def compare(house: House, arguments: Which) -> dict[str, Any]:
    """Ask the agency what it says of one identifier; nothing is changed."""
    found = await house.comparer.compare(await house.database.read(_number, arguments.value))
    told = found.told
    return {
        "value": found.entry.value, "differences": [str(each) for each in found.differences], "remark": found.remark,
        "url": told.url if told is not None else None, "state": told.state if told is not None else "", "known": told is not None,
        "too_early": found.too_early,
    }  # fmt: skip


async def verify(house: House, arguments: ProfileNamed) -> list[Step]:
    """Try out the account of a profile with its agency's test system; returns what was done, up to what failed.

    What came of it stands on the profile's page, as of *Test connection*.
    """
    profile = await house.database.read(profiles.get, arguments.name)
    steps = [
        step async for step in round_trip(profile, house.agencies, house.seal, house.comparer.caller.sessions, house.clock())
    ]
    last = steps[-1]
    said = f"{last.title}: {last.words}" if last.words else last.title
    await house.database.write(profiles.heard, profile.id, said, house.clock(), agrees=all(step.good for step in steps))
    return steps


def _number(tx: Connection, value: str) -> int:
    """Return the number of an identifier that is named by its number or as it is written; raises NotFound."""
    number = ledger.number_of(tx, value)
    if number is None:
        raise NotFound(f"There is no identifier {value!r}.", remedy="`sheaf identifiers list` names those there are.")
    return number


def _asked(tx: Connection, arguments: Filter) -> Asked:
    profile = str(profiles.get(tx, arguments.profile).id) if arguments.profile else ""
    return Asked(
        q=arguments.text, state=arguments.state, profile=profile, scheme=arguments.scheme, fault=arguments.fault,
        cause=arguments.cause, age=arguments.age, order="waiting" if arguments.waiting else "",
    )  # fmt: skip


def _listed(tx: Connection, arguments: Filter, house: House) -> dict[str, Any]:
    asked, now = _asked(tx, arguments), house.clock()
    count, facets = watching.facets(tx, asked, now)
    states = next(dict(facet.values) for facet in facets if facet.name == "state")
    rows = watching.page(tx, asked, now, size=arguments.size)
    return {"count": count, "states": states, "rows": [_row(row) for row in rows]}


def _shown(tx: Connection, value: str) -> dict[str, Any]:
    number = _number(tx, value)
    row = watching.one(tx, number)
    assert row is not None  # noqa: S101 -- its number was just read
    differing = [str(each) for each in drifts.of_identifier(tx, number)]
    return _row(row) | {"sent": history.of_identifier(tx, number, size=LINES), "differences": differing}


def _row(row: Row) -> dict[str, Any]:
    entry, request = row.entry, row.request
    return {
        "id": entry.id, "value": entry.value, "scheme": entry.scheme, "state": entry.state.value, "profile": row.profile,
        "environment": entry.environment, "work": entry.record_id or "", "title": row.title, "attempts": row.attempts,
        "words": row.words, "cause": row.cause, "since": request.since if request else None,
        "next": request.next if request else None, "request": request.state.value if request else "",
        "held_by": entry.held_by or "", "held_why": entry.held_why or "",
    }  # fmt: skip


def _retried(tx: Connection, arguments: Filter, house: House) -> Run:
    wanted = Retry(query=_asked(tx, arguments).query)
    task = house.tasks.get(NAME)
    if not task.count(tx, wanted):
        raise NotFound("None of these waits for its agency.")
    return runs.start(tx, task, wanted, OPERATOR, house.clock())


IDENTIFIERS = {
    "identifier-list": Operation(Filter, listed),
    "identifier-show": Operation(Which, shown),
    "identifier-retry": Operation(Which, retry),
    "identifier-retry-all": Operation(Filter, retry_all),
    "identifier-hold": Operation(Which, hold),
    "identifier-release": Operation(Which, release),
    "identifier-renew": Operation(Which, renew),
    "identifier-compare": Operation(Which, compare),
    "verify-agency": Operation(ProfileNamed, verify),
}
