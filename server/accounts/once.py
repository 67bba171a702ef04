"""What is shown once and never again: a token, recovery codes, a password, a link. Sealed from the form to the page after it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from server.accounts import tickets
from server.accounts.one_time_codes import Sealing
from server.accounts.tickets import Purpose


def keep(tx: Connection, account_id: int, lines: Sequence[str], seal: Sealing, now: datetime) -> str:
    """Keep some lines for an account and return the word by which it sees them, once, within minutes."""
    sealed = seal.close("\n".join(lines).encode()).decode()
    return tickets.issue(tx, Purpose.ONCE, now, account_id, {"sealed": sealed})


def show(tx: Connection, account_id: int, word: str, seal: Sealing, now: datetime) -> list[str]:
    """Return the lines that were kept for this account by a word and forget them; nothing where there are none."""
    ticket = tickets.look(tx, word, now, Purpose.ONCE)
    if ticket is None or ticket.account_id != account_id or tickets.take(tx, word, now, Purpose.ONCE) is None:
        return []
    return seal.open(ticket.document["sealed"].encode()).decode().split("\n")
