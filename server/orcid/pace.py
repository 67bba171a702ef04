"""ORCID's gate: whoever asks waits for their turn, and says whether it answered. Each is part of somebody's transaction."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from server.identifiers import gate
from server.identifiers.gate import Turned
from server.identifiers.model import Confirmed, Failed, Fault, Pace
from server.jobs import queue
from server.jobs.model import Job
from server.orcid import links
from server.orcid.model import Linked, Said, Verdict
from server.profiles.model import Profile

PACE = Pace(1200, 60.0, 30)
"""ORCID allows members 24 requests a second, 40 at once (info.orcid.org, "What are the API limits?")."""

_FINE = Confirmed(200, "")


def enter(
    tx: Connection, job: Job, profile: Profile, link: Linked, slot: datetime | None, now: datetime
) -> Turned | Literal["in", "lost"]:
    """Ask whether it is our turn: in, or when; lost where the job is not ours any more."""
    if not queue.renew(tx, job, now):
        return "lost"
    turned = gate.enter(tx, profile.id, PACE, slot, now)
    links.keep_slot(tx, link, turned.at if turned is not None else None)
    return turned or "in"


def heard(tx: Connection, profile: Profile, said: Said, now: datetime) -> None:
    """Note whether ORCID answers."""
    silent = Failed(Fault.TRANSIENT, said.words, said.status, retry_after=said.retry_after)
    gate.told(tx, profile.id, profile.name, silent if said.verdict is Verdict.SILENT else _FINE, now)
