"""The agencies as kinds of profiles: what can be set, tested and previewed, and what follows from a change."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import ClientSession
from msgspec import Struct, to_builtins
from sqlalchemy import Connection

from server.db.sequences import last
from server.identifiers import handover, ledger
from server.identifiers.model import Agency, Confirmed, Rules, Scheme, serves
from server.identifiers.sessions import Sessions
from server.profiles.bound import server_of
from server.profiles.kind import Kind, Preview, Tested
from server.profiles.model import Profile
from server.profiles.reading import secret_fields
from server.records.vocabulary import TYPES
from server.registry import Registry

_FARTHEST = 1000
"""Numbers a preview steps over; minting goes as far as it must."""


def kinds(shelf: Registry[Agency], sessions: Sessions) -> Iterator[Kind]:
    """Yield a kind of profile for each agency on the shelf."""
    for agency in shelf:
        yield _kind(agency, shelf, sessions)


def _kind(agency: Agency, shelf: Registry[Agency], sessions: Sessions) -> Kind:
    def guard(tx: Connection, before: Profile | None, settings: Struct) -> None:
        if before is not None:
            handover.guard(tx, before, to_builtins(settings))

    def saved(tx: Connection, profile: Profile, now: datetime) -> None:
        handover.refuse_twice(tx, shelf, profile)
        handover.take_over(tx, shelf, profile, now)

    async def test(settings: Any, _session: ClientSession) -> Tested:
        assert agency.client is not None  # noqa: S101 -- the kind has no test otherwise
        outcome = await agency.client(settings, sessions.of(agency, settings.environment)).test()
        if isinstance(outcome, Confirmed):
            return Tested(agrees=True, message=f"{agency.title} knows the account: {outcome.answer or outcome.status}"[:2000])
        return Tested(agrees=False, message=outcome.message)

    registers = agency.client is not None
    return Kind(
        name=agency.name,
        title=agency.title,
        description=agency.description,
        settings=agency.account,
        creates="Registrations and updates, by themselves within a minute of a change." if registers else "Names, and no jobs.",
        server=_server if secret_fields(agency.account) else None,
        test=test if registers else None,
        guard=guard,
        saved=saved,
        preview=partial(preview, scheme=agency.scheme, barred=agency.barred),
    )


def _server(account: Any) -> str:
    return server_of(account.address)


def preview(tx: Connection, rules: Rules, *, scheme: Scheme, barred: AbstractSet[str] = frozenset()) -> Preview:
    """Say which name comes next in each series, and for the types without one; nothing is taken.

    `barred` are the types the agency never serves.
    """
    served = [code for code in TYPES if code not in barred and serves(rules, code)]
    first = {scheme.series(rules, code): code for code in reversed(served)}
    facts: list[tuple[str, str]] = []
    warnings: list[str] = []
    for series, code in first.items():
        number = _next(tx, scheme, rules, code)
        name = series or ("Types without a label" if len(first) > 1 else "Every type it serves")
        facts.append((name, scheme.compose(rules, code, number)))
        if said := scheme.outgrown(rules, number):
            warnings.append(f"{name}: {said}")
    return Preview(f"Next {scheme.title}", tuple(sorted(facts)), tuple(warnings))


def _next(tx: Connection, scheme: Scheme, rules: Rules, code: str) -> int:
    first = max(rules.start, last(tx, scheme.sequence_name(rules, code)) + 1)
    names = ((number, scheme.normal(scheme.compose(rules, code, number))) for number in range(first, first + _FARTHEST))
    return next((number for number, normal in names if not ledger.is_taken(tx, scheme.name, normal)), first + _FARTHEST)
