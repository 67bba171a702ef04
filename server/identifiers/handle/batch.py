"""Handles as a batch file of the handle server's own tools (hdl-genericbatch), for a server that cannot be reached from here."""

from sqlalchemy import Connection, select

from server.identifiers.handle.account import Account
from server.identifiers.handle.answers import ADMIN_INDEX, URL_INDEX
from server.identifiers.tables import identifiers
from server.records import store as works
from server.records.tables import records

_PUBLIC = (works.State.PUBLISHED.value, works.State.WITHDRAWN.value)
_SEEN_BY_ALL = "1110"
"""Whoever administers a handle may read and write a value, everybody else may read it."""


def head(account: Account) -> str:
    """Return who the file is run as; the key stands in no export: whoever runs it puts it into the second line."""
    kind, secret = ("SECKEY", "the secret key") if account.authentication == "key" else ("PUBKEY", "path|passphrase of the key")
    return f"AUTHENTICATE {kind}:{account.administrator}\nput {secret} in place of this line\n\n"


def create(account: Account, value: str, url: str) -> str:
    """Return the operation that makes a handle (Handle.Net technical manual, chapter 3); a blank line ends it."""
    index, handle = account.admin
    return (
        f"CREATE {value}\n"
        f"{ADMIN_INDEX} HS_ADMIN {account.ttl} {_SEEN_BY_ALL} ADMIN {index}:{account.permissions}:{handle}\n"
        f"{URL_INDEX} URL {account.ttl} {_SEEN_BY_ALL} UTF8 {url}\n\n"
    )


def page(tx: Connection, profile_id: int, after: int, limit: int) -> list[tuple[int, str, str]]:
    """Return handles of works that are or were public: number, handle and work, behind one with that number."""
    row = identifiers.c
    mine = (row.profile_id == profile_id, row.own, row.scheme == "handle", row.id > after, records.c.state.in_(_PUBLIC))
    query = select(row.id, row.value, row.record_id).join(records, records.c.id == row.record_id).where(*mine)
    return [(number, value, work) for number, value, work in tx.execute(query.order_by(row.id).limit(limit))]
