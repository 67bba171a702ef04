"""Whom of our own people the service tells of: strangers hear only what the published works say anyway."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, exists, select

from server.enrichment.gathering import bare
from server.enrichment.model import Facts, title_key
from server.enrichment.viewing import of_person
from server.enrichment.weighing import Ours, dois_of
from server.identifiers.tables import identifiers
from server.people import names
from server.people import store as people
from server.people.candidates import Linked, published_of
from server.people.linking import LinkState
from server.people.store import Kept
from server.people.tables import people as persons
from server.people.tables import person_ids, person_links, person_names
from server.records.model import Affiliation
from server.records.store import State, Stored
from server.records.tables import records

MOST = 20
"""So many of our people of one name are weighed."""

MOST_WORKS = 2_000
"""So many works of all of them together, of each the newest, are compared with what a query says of works."""

Known = tuple[Facts, Ours]


def of_name(tx: Connection, family: str, given: str, *, inside: bool, works: bool) -> list[Known]:
    """Return our people of a name who have an iD.

    `inside`: whoever asks may know all of them. `works`: their works are wanted as well, which costs the more the more they made.
    """
    key = names.key(family, given)
    query = select(person_ids.c.value, person_ids.c.person_id, person_ids.c.proved)
    named = person_names.c.key == key if given else person_names.c.key.startswith(key, autoescape=True)
    query = query.join(person_names, person_names.c.person_id == person_ids.c.person_id).where(named)
    return _known(tx, query.distinct(), inside=inside, works=works)


def of_ids(tx: Connection, orcids: Sequence[str], *, inside: bool) -> list[Known]:
    """Return those of our people who have some iDs."""
    values = [f"https://orcid.org/{orcid}" for orcid in orcids]
    query = select(person_ids.c.value, person_ids.c.person_id, person_ids.c.proved).where(person_ids.c.value.in_(values))
    return _known(tx, query, inside=inside)


def beginning(tx: Connection, prefix: str, cursor: int, *, inside: bool) -> list[Known]:
    """Return our people whose names begin with words, from a place on."""
    folded = names.folded(prefix.replace(",", " "))
    if not folded:
        return []
    query = select(person_ids.c.value, person_ids.c.person_id, person_ids.c.proved)
    query = query.join(person_names, person_names.c.person_id == person_ids.c.person_id)
    query = query.where(person_names.c.folded.startswith(folded, autoescape=True)).distinct()
    return _known(tx, query.order_by(person_ids.c.value).offset(cursor), inside=inside)


def _known(tx: Connection, query: Select[tuple[str, int, bool]], *, inside: bool, works: bool = False) -> list[Known]:
    # An iD that only the person says is theirs is told to nobody.
    sure = (person_ids.c.scheme == "orcid", (~person_ids.c.claimed) | person_ids.c.proved)
    query = query.join(persons, persons.c.id == person_ids.c.person_id).where(*sure, persons.c.merged_into.is_(None))
    if not inside:
        published = (
            select(person_links.c.person_id)
            .join(records, records.c.id == person_links.c.record_id)
            .where(person_links.c.person_id == person_ids.c.person_id, person_links.c.state == LinkState.LINKED.value)
            .where(records.c.state == State.PUBLISHED.value)
        )
        query = query.where(exists(published))
    rows = tx.execute(query.limit(MOST)).all()
    kept = people.some(tx, {row.person_id for row in rows})
    # A stranger is told the institution the newest work names; nobody else needs a work where none is asked about.
    most = MOST_WORKS // max(len(kept), 1) if works else int(not inside)
    made = {number: published_of(tx, number, most) if most else [] for number in kept}
    dois = _dois(tx, [one.work for each in made.values() for one in each]) if works else {}
    return [
        (_facts(bare(row.value), who, made[row.person_id], dois, inside=inside), Ours(who.person.label, row.proved))
        for row in rows
        if (who := kept.get(row.person_id))
    ]


def _dois(tx: Connection, works: Sequence[Stored]) -> dict[str, tuple[str, ...]]:
    """Return the DOIs of works, those they name and those that were minted for them."""
    minted: dict[str, list[str]] = {work.id: [] for work in works}
    query = select(identifiers.c.record_id, identifiers.c.value)
    for row in tx.execute(query.where(identifiers.c.scheme == "doi", identifiers.c.record_id.in_(list(minted)))):
        minted[row.record_id].append(row.value)
    return {work.id: dois_of(work.record, minted[work.id]) for work in works}


def _facts(orcid: str, kept: Kept, made: Sequence[Linked], dois: Mapping[str, tuple[str, ...]], *, inside: bool) -> Facts:
    facts = of_person(orcid, kept)
    said: tuple[Affiliation, ...] = made[0].creator.agent.affiliations if made else ()
    return Facts(
        orcid=orcid, given=facts.given, family=facts.family, others=facts.others if inside else (),
        current=facts.current if inside else said, past=facts.past if inside else (),
        dois=tuple(value for one in made for value in dois.get(one.work.id, ())),
        titles=tuple(key for one in made if (key := title_key(one.work.record.title.value))),
    )  # fmt: skip
