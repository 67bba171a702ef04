"""The agencies as kinds of profiles: what can be set, tested and previewed, and what follows from a change."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import ClientSession
from msgspec import to_builtins
from sqlalchemy import Connection

from server.db.sequences import last
from server.identifiers import handover, ledger
from server.identifiers.model import Agency, Confirmed, DoiRules
from server.identifiers.schemes import doi
from server.profiles.kind import Kind, Preview, Tested
from server.profiles.model import Profile
from server.records.vocabulary import TYPES
from server.registry import Registry

_FARTHEST = 1000
"""Numbers a preview steps over; minting goes as far as it must."""


def kinds(shelf: Registry[Agency]) -> Iterator[Kind]:
    """Yield a kind of profile for each agency on the shelf."""
    for agency in shelf:
        yield _kind(agency, shelf)


def _kind(agency: Agency, shelf: Registry[Agency]) -> Kind:
    def guard(tx: Connection, before: Profile | None, settings: DoiRules) -> None:
        if before is not None:
            handover.guard(tx, before, to_builtins(settings))

    def saved(tx: Connection, profile: Profile, now: datetime) -> None:
        handover.take_over(tx, shelf, profile, now)

    async def test(settings: Any, session: ClientSession) -> Tested:
        assert agency.client is not None  # noqa: S101 -- the kind has no test otherwise
        outcome = await agency.client(settings, session).test()
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
        test=test if registers else None,
        guard=guard,
        saved=saved,
        preview=partial(preview, barred=agency.barred),
    )


def preview(tx: Connection, rules: DoiRules, barred: AbstractSet[str] = frozenset()) -> Preview:
    """Say which DOI comes next for each label, and for the types without one; nothing is taken.

    `barred` are the types the agency never serves.
    """
    facts: list[tuple[str, str]] = []
    warnings: list[str] = []
    shown: set[str] = set()
    for code in TYPES:
        if code in barred or not doi.serves(rules, code) or (label := doi.suffix_label(rules, code)) in shown:
            continue
        shown.add(label)
        number = _next(tx, rules, code)
        name = label or ("Types without a label" if rules.labels else "Every type it serves")
        facts.append((name, doi.compose(rules, code, number)))
        if number >= 10**rules.padding:
            warnings.append(
                f"{name}: the next number, {number}, has more digits than the padding of {rules.padding}. "
                "Numbers grow and are never cut; the names are longer from here on."
            )
    return Preview("Next DOI", tuple(sorted(facts)), tuple(warnings))


def _next(tx: Connection, rules: DoiRules, code: str) -> int:
    first = max(rules.start, last(tx, doi.sequence_name(rules, code)) + 1)
    free = (n for n in range(first, first + _FARTHEST) if not ledger.is_taken(tx, "doi", doi.normal(doi.compose(rules, code, n))))
    return next(free, first + _FARTHEST)
