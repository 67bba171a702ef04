"""How deeds upon accounts stand in the audit log: by the account's number, as its page is found, and with its name."""

from datetime import datetime

from sqlalchemy import Connection

from server.accounts.model import Account
from server.audit import log as audit
from server.audit.log import Actor, Changes


def noted(
    tx: Connection, actor: Actor, deed: str, account: Account, now: datetime, summary: str = "", changes: Changes | None = None
) -> None:
    """Note a deed upon an account; `summary` follows its name."""
    said = f"{account.name}: {summary}" if summary else account.name
    audit.note(tx, actor, deed, "account", str(account.id), now, summary=said, changes=changes)
