"""A letter to the researchers of a new work who have an account here, where the SWORD server wants them told."""

from datetime import datetime

from sqlalchemy import Connection

from server.accounts import store as accounts
from server.notify import mail
from server.people import linking
from server.people import store as people
from server.people.linking import LinkState
from server.profiles.seal import Seal


def tell_researchers(tx: Connection, seal: Seal, record_id: str, values: dict[str, str], but: int, now: datetime) -> list[str]:
    """Ask for a letter to everybody a work is known to be of, but for the account that sent it; return their names.

    Only people who were found by an identifier or by hand, with an active account whose address was proved. Without a mail
    profile nobody is told.
    """
    if mail.enabled(tx) is None:
        return []
    linked = [link.person_id for link in linking.of_record(tx, record_id) if link.state is LinkState.LINKED]
    owners = {kept.account_id for kept in people.some(tx, linked).values() if kept.account_id is not None} - {but}
    told = []
    for number in sorted(owners):
        found = accounts.details(tx, number, now)
        if found.account.active and found.email and found.email_proved:
            said = values | {"name": found.display_name or found.account.name}
            mail.ask(tx, seal, to=found.email, template="came-in", values=said, secret={}, now=now)
            told.append(found.account.name)
    return told
