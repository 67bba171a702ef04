"""Crossref: a document for each DOI, handed in and asked after until Crossref has worked it off."""

from typing import Any

from server.identifiers.crossref.account import Account
from server.identifiers.crossref.client import CrossrefClient
from server.identifiers.crossref.works import CrossrefWorks
from server.identifiers.model import Agency, AgencyState, Pace
from server.identifiers.schemes import doi
from server.metadata.crossref.document import body
from server.metadata.crossref.record_types import BARRED
from server.metadata.work import Work

#: Crossref names no rate for deposits. Each question what became of one counts too.
PACES = {"production": Pace(300, 60.0, 30), "test": Pace(300, 60.0, 30)}

MOST_WAITING = 9_000
"""Crossref, "Pending submissions": with more than ten thousand in the queue of a user, it takes none (429)."""


def _document(work: Work, account: Any, state: AgencyState) -> bytes:
    return body(work, repository=account.repository_name, withdrawn=state is AgencyState.HIDDEN, version=account.schema)


PLUGIN = Agency(
    name="crossref",
    title="Crossref",
    scheme=doi.PLUGIN,
    account=Account,
    client=CrossrefClient,
    reads=CrossrefWorks,
    document=_document,
    barred=BARRED,
    most_waiting=MOST_WAITING,
    paces=PACES,
    first_calls=2,  # it is looked at, and sent
    description="Registers DOIs at Crossref when a work is approved, but for journal articles and conference works.",
)
