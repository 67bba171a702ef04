"""An enrichment with one of everything, for the pages that show it."""

from datetime import datetime

from sqlalchemy import Connection, insert

from server.audit.log import OPERATOR
from server.enrichment import store
from server.enrichment.asking import keep_facts
from server.enrichment.gathering import NAME, Enriched
from server.enrichment.model import Facts
from server.enrichment.store import Answer, Chosen, Place
from server.enrichment.tables import enrichment_writings
from server.records.model import Affiliation
from server.runs import store as runs
from server.runs.task import Tasks

API = "https://pub.orcid.org/v3.0"
GREGOR = Facts(orcid="0000-0002-1825-0097", given="Gregor", family="Mendel", current=(Affiliation(name="Abbey of St Thomas"),))


def enriched(tx: Connection, tasks: Tasks, work: str, at: datetime) -> int:
    """Keep two names of a work: one with somebody it may be, answered and written once, and one without."""
    number = store.add(tx, "admin", Chosen(), API, 0, at)
    store.runs_as(tx, number, gathered=runs.start(tx, tasks.get(NAME), Enriched(enrichment=number), OPERATOR, at).id)
    first = Place(work, "creators", 0, "mendel gregor", "Mendel", "Gregor", "")
    there = Place(work, "creators", 1, "mendel gregor", "Mendel", "Gregor", "0000-0001-5109-3700")
    store.put_places(tx, number, work, [first, there], [("mendel gregor", GREGOR.orcid)])
    keep_facts(tx, API, GREGOR, at)
    store.answer(tx, number, Answer("mendel gregor", GREGOR.orcid, frozenset(), "admin", at))
    row = {"enrichment_id": number, "record_id": work, "part": "creators", "family": "Curie", "given": "", "by": "admin"}
    tx.execute(insert(enrichment_writings).values(orcid=GREGOR.orcid, at=at, **row))
    return number
