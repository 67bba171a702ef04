"""Who may be meant by a query: our own people, and those ORCID knows where whoever asks may ask it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from server.enrichment.asking import Asking, enabled
from server.enrichment.gathering import look
from server.enrichment.model import Facts
from server.enrichment.refine import people
from server.enrichment.refine.asked import Query
from server.enrichment.refine.people import Known
from server.enrichment.weighing import NOBODY, Evidence, Named, Ours, Sort, Weighed, dois_of, ranked, weigh
from server.errors import Conflict
from server.records.model import Affiliation, Agent, Identifier, Record, Text

_WORK = "publication.journalArticle"
"""The type of a work of which only a DOI or a title is known: nothing is read of it."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Everything an answer needs."""

    asking: Asking

    async def candidates(self, query: Query, *, inside: bool) -> list[Weighed]:
        """Return who may be meant, the likeliest first. Raises as `Asking` does."""
        if not query.is_for_people:
            return []
        if query.orcid:
            known = await self.known([query.orcid], inside=inside)
            return [Weighed(facts, (Evidence(Sort.NAME, 100, "The iD is the same"),)) for facts in known.values()]
        family, given = query.name
        if not family:
            return []
        agent = Agent(family=family, given=given, affiliations=tuple(Affiliation(name=name) for name in query.of("affiliation")))
        named = _named(agent, query)
        here = await self.asking.database.read_hot(people.of_name, family, given, inside=inside, works=query.is_of_works)
        found = {facts.orcid: (facts, ours) for facts, ours in here}
        if inside and await self.is_on():
            counter = await self.asking.counter()
            for orcid in await look(self.asking, counter, named[0]):
                told = await self.asking.person(counter, orcid)
                if not told.closed:
                    found[orcid] = _both(told, found.get(orcid))
        weighed = (weigh(facts, (family, given), named, ours) for facts, ours in found.values())
        return ranked(weighed)[: query.size]

    async def known(self, orcids: Sequence[str], *, inside: bool) -> dict[str, Facts]:
        """Return what is known of people by their bare iDs. Raises as `Asking` does."""
        here = await self.asking.database.read_hot(people.of_ids, orcids, inside=inside)
        found = {facts.orcid: facts for facts, _ in here}
        if inside and await self.is_on():
            counter = await self.asking.counter()
            for orcid in orcids:
                told = await self.asking.person(counter, orcid)
                if not told.closed:
                    found[orcid] = told
        return {orcid: found[orcid] for orcid in orcids if orcid in found}

    async def is_on(self) -> bool:
        """Whether ORCID can be asked."""
        return await self.asking.database.read_hot(_is_on)


def _is_on(tx: Connection) -> bool:
    try:
        enabled(tx)
    except Conflict:
        return False
    return True


def _both(told: Facts, known: Known | None) -> Known:
    """Put what ORCID says and what we know of one person together: works here count as theirs."""
    if known is None:
        return told, NOBODY
    facts, ours = known
    merged = Facts(
        orcid=told.orcid, given=told.given, family=told.family, credit=told.credit, others=told.others, current=told.current,
        past=told.past, dois=told.dois + facts.dois, titles=told.titles + facts.titles,
    )  # fmt: skip
    return merged, Ours(ours.person, ours.proved)


def _named(agent: Agent, query: Query) -> list[Named]:
    """Return the places the name stands in, as far as a query tells: a work for each DOI and each title."""
    found = []
    for text in query.of("doi"):
        ids = (Identifier(scheme="doi", value=text),)
        record = Record(type=_WORK, title=Text(value=text), creators=(agent,), identifiers=ids)
        found.append(Named(agent, record, dois_of(record)))
    titles = (Record(type=_WORK, title=Text(value=text), creators=(agent,)) for text in query.of("title"))
    found += [Named(agent, record) for record in titles]
    return found or [Named(agent, Record(type=_WORK, title=Text(value=agent.label), creators=(agent,)))]
