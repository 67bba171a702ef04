"""The researchers of a work that came in are told of it, where the SWORD server wants that."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, select, update

from server.accounts import store as accounts
from server.accounts.tables import accounts as table
from server.house import House
from server.notify.mail import Mail
from server.notify.tables import deliveries
from server.people import store as people
from server.people.model import Person, PersonId
from server.profiles import store as profiles
from tests.conftest import configured
from tests.sword.conftest import ENTRY, Depositor

ORCID = "0000-0002-1825-0097"


def letters(tx: Connection) -> list[dict[str, Any]]:
    return [msgspec.json.decode(text) for text in tx.execute(select(deliveries.c.document)).scalars()]


async def known(house: House, *, by_mail: bool = True) -> None:
    """Let the account `other` be a researcher with an address, and let there be a mail server."""

    def save(tx: Connection) -> None:
        tx.execute(update(table).where(table.c.name == "other").values(email="gregor@example.org", email_proved=True))
        account = accounts.by_email(tx, "gregor@example.org")
        assert account is not None
        person = Person(family="Mendel", given="Gregor", ids=(PersonId(scheme="orcid", value=ORCID),))
        kept = people.add(tx, person, house.clock())
        people.mark(tx, kept, house.clock(), account_id=account.id)
        if by_mail:
            settings = Mail(host="localhost", port=2525, security="none", sender="sheaf@example.org")
            profiles.add(tx, "mail", "Mail", settings, house.seal, house.clock())

    await house.database.write(save)


async def deposited(depositor: Depositor) -> list[dict[str, Any]]:
    entry = f"""<entry xmlns="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/"><title>Peas</title>
    <dcterms:creator>Mendel, Gregor; orcid: {ORCID}</dcterms:creator><dcterms:type>Journal article</dcterms:type></entry>"""
    await depositor.create(entry.encode(), ENTRY)
    return await depositor.house.database.read(letters)


async def test_a_researcher_with_an_account_gets_a_letter(depositor: Depositor) -> None:
    await known(depositor.house)
    await configured(depositor.house, "sword", notifies=True)
    [letter] = await deposited(depositor)
    assert (letter["template"], letter["to"], letter["values"]["title"]) == ("came-in", ["gregor@example.org"], "Peas")
    [row] = await depositor.rows()
    assert letter["values"]["link"].endswith(f"/items/{row.container_id}")
    assert any(event.what == "told" for event in await depositor.events(row.id))


@pytest.mark.parametrize("by_mail", [True, False])
async def test_nobody_is_told_where_nobody_wants_it_or_no_mail_can_be_sent(depositor: Depositor, *, by_mail: bool) -> None:
    await known(depositor.house, by_mail=by_mail)
    await configured(depositor.house, "sword", notifies=not by_mail)
    assert await deposited(depositor) == []
