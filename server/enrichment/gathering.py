"""The run that looks for candidates: work by work, name by name, asking ORCID only what is not known yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection, Select, select

from server.audit.log import Actor
from server.enrichment import store
from server.enrichment.asking import ROWS, Asking, Counter, enabled
from server.enrichment.kind import PublicApi
from server.enrichment.model import Facts, Found, similar
from server.enrichment.question import by_name, sharper
from server.enrichment.store import Chosen, Place
from server.enrichment.weighing import Named, dois_of, ranked, weigh
from server.identifiers import ledger
from server.people import linking, schemes
from server.people.linking import Creator
from server.profiles import store as profiles
from server.profiles.seal import Seal
from server.records import store as records
from server.records.model import Affiliation, Agent
from server.records.store import Stored
from server.records.tables import feed, memberships, sets
from server.records.tables import records as works
from server.runs import store as runs
from server.runs.model import ItemOutcome, Outcome
from server.runs.model import Subject as Item
from server.runs.task import Deed, Task
from server.works import find
from server.works.find import wanted_of

NAME = "enrich-gather"

MOST = 5
"""So many of those a search finds for one name are read; the likeliest."""


class Enriched(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which enrichment a run is of."""

    enrichment: Annotated[int, Meta(title="Number of the enrichment")]


def count_chosen(tx: Connection, chosen: Chosen) -> int:
    """Count the works of a choice."""
    if chosen.ids:
        return len(find.named(tx, chosen.ids))
    if chosen.spec:
        return len(tx.execute(_members(chosen.spec)).all())
    return find.count_all(tx, wanted_of(chosen.query))


def chosen_works(tx: Connection, chosen: Chosen, after: str, size: int) -> Sequence[Item]:
    """Return the next works of a choice."""
    if chosen.ids:
        found = [pair for pair in find.named(tx, chosen.ids) if pair[0] > after][:size]
    elif chosen.spec:
        query = _members(chosen.spec).where(works.c.id > after).order_by(works.c.id).limit(size)
        found = [(row.id, row.title) for row in tx.execute(query)]
    else:
        found = find.ids(tx, wanted_of(chosen.query), after, size)
    return [Item(number, title, f"/admin/works/{number}") for number, title in found]


def _members(spec: str) -> Select[tuple[str, str]]:
    """Select the works that are in a set now."""
    joined = memberships.join(sets, sets.c.id == memberships.c.set_id).join(feed, feed.c.seq == memberships.c.seq)
    now = (sets.c.spec == spec, ~memberships.c.left, feed.c.superseded.is_(None), ~feed.c.deleted)
    return select(works.c.id, works.c.title).select_from(joined.join(works, works.c.id == feed.c.record_id)).where(*now)


def begin(tx: Connection, task: Task[Enriched], seal: Seal, chosen: Chosen, by: Actor, now: datetime) -> int:
    """Ask for the run over a choice of works and return the number of the enrichment. Raises Conflict without a profile."""
    api: PublicApi = profiles.opened(enabled(tx), PublicApi, seal)
    number = store.add(tx, by.name, chosen, api.api, 0, now)
    store.runs_as(tx, number, gathered=runs.start(tx, task, Enriched(enrichment=number), by, now).id)
    return number


def task(asking: Asking) -> Task[Enriched]:
    """Return the task that looks for candidates; it begins at the page of the enrichments."""

    async def do(item: Item, of: Enriched, _by: Actor) -> ItemOutcome | Deed:
        return await _one(asking, of.enrichment, item.id)

    def count(tx: Connection, of: Enriched) -> int:
        return count_chosen(tx, store.get(tx, of.enrichment).chosen)

    def subjects(tx: Connection, of: Enriched, after: str, size: int) -> Sequence[Item]:
        return chosen_works(tx, store.get(tx, of.enrichment).chosen, after, size)

    def profile(tx: Connection, _of: Enriched) -> int:
        return enabled(tx).id

    return Task(
        NAME, "Look for ORCID iDs", "Begins at the page Enrich.", Enriched, count, subjects, do, profile=profile, offered=False
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """A work as it is, whom it names, and which of our people that may be, as their bare iDs."""

    stored: Stored
    creators: tuple[Creator, ...]
    dois: tuple[str, ...]
    ours: dict[linking.Place, tuple[str, ...]]


def _seen(tx: Connection, number: str) -> _Seen | None:
    stored = records.find(tx, number)
    if stored is None:
        return None
    creators = tuple(linking.creators(number, stored.record))
    minted = (entry.value for entry in ledger.of_record(tx, number) if entry.scheme == "doi")
    return _Seen(stored, creators, dois_of(stored.record, minted), ours(tx, creators))


def ours(tx: Connection, creators: Sequence[Creator]) -> dict[linking.Place, tuple[str, ...]]:
    """Return the bare iDs of those of our people who may be some creators."""
    known = linking.known(tx, list(creators))
    found = {}
    for creator in creators:
        who = {number for number, _ in known.by_key.get(creator.key, ())} & known.candidates(creator)
        found[creator.place] = tuple(sorted(bare(known.orcids[number]) for number in who if number in known.orcids))
    return found


def bare(orcid: str) -> str:
    """Return an iD as a work holds it without its address; empty for what is none."""
    try:
        return schemes.bare("orcid", orcid) if orcid else ""
    except ValueError:
        return ""


async def _one(asking: Asking, number: int, record_id: str) -> ItemOutcome | Deed:
    seen = await asking.database.read_hot(_seen, record_id)
    if seen is None or not seen.creators:
        return ItemOutcome(Outcome.UNCHANGED, "It names no people.")
    counter = await asking.counter()
    places, found = [], []
    for creator in seen.creators:
        agent = creator.agent
        place = _place(creator)
        places.append(place)
        if place.orcid:
            found.append((place.similar, place.orcid))
            continue
        named = Named(agent, seen.stored.record, seen.dois)
        found += [(place.similar, orcid) for orcid in (*await look(asking, counter, named), *seen.ours[creator.place])]
    for orcid in dict.fromkeys(orcid for _, orcid in found):
        await asking.person(counter, orcid)
    lacking = sum(1 for place in places if not place.orcid)
    with_candidates = len({similar for similar, _ in found} & {place.similar for place in places if not place.orcid})

    def written(tx: Connection, _now: datetime) -> ItemOutcome:
        store.put_places(tx, number, record_id, places, found)
        if not lacking:
            return ItemOutcome(Outcome.UNCHANGED, "All whom it names have an ORCID iD.")
        return ItemOutcome(Outcome.CHANGED, f"{lacking} without an iD; candidates for {with_candidates}.")

    return written


def _place(creator: Creator) -> Place:
    agent, at = creator.agent, creator.place
    family, given = name_of(agent)
    # What stands there and is no valid iD is not written over either; it is found by the preflight.
    there = agent.id_of("orcid")
    return Place(at.record_id, at.part, at.position, similar(family, given), family, given, bare(there) or there[-19:])


def name_of(agent: Agent) -> tuple[str, str]:
    """Return family and given name of a person."""
    return agent.family or agent.name, agent.given


async def look(asking: Asking, counter: Counter, named: Named) -> list[str]:
    """Return the iDs of those ORCID knows who are likeliest to be somebody a work names.

    Where a name is that of many, they are asked for who say that the work is theirs, or who worked where it says.
    """
    family, given = name_of(named.agent)
    answer = await asking.search(counter, by_name(family, given))
    lines = list(answer.found)
    if answer.total > ROWS:
        query = sharper(family, given, named.dois, (place.name for place in named.agent.affiliations))
        lines += (await asking.search(counter, query)).found if query else ()
    return likeliest(lines, named)


def likeliest(lines: Iterable[Found], named: Named) -> list[str]:
    """Return the iDs of the likeliest lines of a search, by name and institution."""
    alike = (
        Facts(
            orcid=line.orcid, given=line.given, family=line.family, credit=line.credit, others=line.others,
            past=tuple(Affiliation(name=name) for name in line.institutions),
        )
        for line in {line.orcid: line for line in lines}.values()
    )  # fmt: skip
    weighed = (weigh(facts, name_of(named.agent), [named]) for facts in alike)
    return [each.facts.orcid for each in ranked(weighed)[:MOST]]
