"""Whom of our own people the service tells of: strangers hear only what the published works say anyway."""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, exists, select

from server.enrichment.gathering import bare
from server.enrichment.model import Facts, title_key
from server.enrichment.viewing import of_person
from server.enrichment.weighing import Ours, dois_of
from server.identifiers import ledger
from server.people import names
from server.people import store as people
from server.people.candidates import published_of
from server.people.linking import LinkState
from server.people.tables import people as persons
from server.people.tables import person_ids, person_links, person_names
from server.records.model import Affiliation
from server.records.store import State
from server.records.tables import records

MOST = 20
"""So many of our people of one name are weighed."""

Known = tuple[Facts, Ours]


def of_name(tx: Connection, family: str, given: str, *, inside: bool) -> list[Known]:
    """Return our people of a name who have an iD; `inside`: whoever asks may know all of them."""
    key = names.key(family, given)
    query = select(person_ids.c.value, person_ids.c.person_id, person_ids.c.proved)
    named = person_names.c.key == key if given else person_names.c.key.startswith(key, autoescape=True)
    query = query.join(person_names, person_names.c.person_id == person_ids.c.person_id).where(named)
    return _known(tx, query.distinct(), inside=inside)


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


def _known(tx: Connection, query: Select[tuple[str, int, bool]], *, inside: bool) -> list[Known]:
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
    return [_facts(tx, bare(row.value), row.person_id, proved=row.proved, inside=inside) for row in tx.execute(query.limit(MOST))]


def _facts(tx: Connection, orcid: str, number: int, *, proved: bool, inside: bool) -> Known:
    kept = people.get(tx, number)
    facts, works = of_person(orcid, kept), sorted(published_of(tx, number), key=lambda one: one.work.id)
    dois = tuple(value for one in works for value in dois_of(one.work.record, _minted(tx, one.work.id)))
    titles = tuple(key for one in works if (key := title_key(one.work.record.title.value)))
    said: tuple[Affiliation, ...] = works[-1].creator.agent.affiliations if works else ()
    return (
        Facts(
            orcid=orcid, given=facts.given, family=facts.family, others=facts.others if inside else (),
            current=facts.current if inside else said, past=facts.past if inside else (), dois=dois, titles=titles,
        ),
        Ours(kept.person.label, proved),
    )  # fmt: skip


def _minted(tx: Connection, number: str) -> list[str]:
    return [entry.value for entry in ledger.of_record(tx, number) if entry.scheme == "doi"]
