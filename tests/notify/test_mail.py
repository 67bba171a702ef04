"""Letters: what is sent and to whom, by a real SMTP server; nothing in a value can become a header; secrets are forgotten."""

import email
import email.policy
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from server.errors import Unavailable
from server.house import House
from server.notify import mail, store
from server.notify.letters import Sender, names, write
from server.notify.mail import Mail, Post, kind
from server.notify.model import State
from server.profiles import store as profiles
from server.profiles.model import Profile
from tests.conftest import START, SetClock
from tests.fakes.mailbox import Mailbox
from tests.notify.conftest import found, settled, tell

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    opened = Mailbox()
    await opened.start()
    yield opened
    await opened.stop()


def settings_of(mailbox: Mailbox, **fields: Any) -> Mail:
    given = {
        "host": "127.0.0.1",
        "port": mailbox.port,
        "security": "none",
        "sender": "sheaf@example.org",
        "reply_to": "library@example.org",
    }
    return Mail(**given | {"recipients": ("noether@example.org", "curie@example.org"), "digest": False} | fields)


async def set_up(house: House, settings: Mail) -> Profile:
    def save(tx: Connection) -> Profile:
        saved = profiles.save(tx, "mail", "Mail", settings, house.seal, house.clock())
        mail._noticed(tx, saved, house.clock())
        return saved

    return await house.database.write(save)


async def ask(house: House, to: str = "mendel@example.org", **values: str) -> None:
    given = {"name": "mendel", "minutes": "30"} | values
    await house.database.write(
        mail.ask, house.seal, to=to, template="reset", values=given, secret={"link": "https://r.example.org/reset/topsecret"},
        now=house.clock(), until=house.clock() + timedelta(minutes=30),
    )  # fmt: skip


def test_every_letter_has_both_its_forms() -> None:
    assert names() == ("came-in", "digest", "events", "invitation", "oable", "reset", "test")


async def test_a_letter_is_sent_and_its_secret_forgotten(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox))
    await ask(house)
    (waiting,) = await found(house)
    assert b"topsecret" not in waiting.sealed
    assert "topsecret" not in waiting.document
    await settled(house, clock)
    ((envelope, letter),) = mailbox.letters
    assert (envelope.mail_from, envelope.rcpt_tos) == ("sheaf@example.org", ["mendel@example.org"])
    assert (letter["From"], letter["To"], letter["Reply-To"]) == (
        "Sheaf <sheaf@example.org>",
        "mendel@example.org",
        "library@example.org",
    )
    assert letter["Subject"] == "Set a new password at Sheaf"
    assert letter["Message-ID"] == f"<{waiting.message_id}@example.org>"
    text, page = letter.get_body(("plain",)).get_content(), letter.get_body(("html",)).get_content()
    assert "https://r.example.org/reset/topsecret" in text
    assert '<a href="https://r.example.org/reset/topsecret">' in page
    assert "account mendel." in text
    (sent,) = await found(house)
    assert (sent.state, sent.sealed) == (State.SENT, None)

    def everything(tx: Connection) -> str:
        return str(
            [
                tx.exec_driver_sql(f"SELECT * FROM {table}").all()
                for table in ("deliveries", "delivery_attempts", "jobs", "endpoints")
            ]
        )

    assert "topsecret" not in await house.database.read(everything)


async def test_a_letter_that_comes_too_late_is_not_sent(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox))
    mailbox.broken = "451 later"
    await ask(house)
    await house.worker.drain()
    clock.pass_time(minutes=31)
    mailbox.broken = ""
    await settled(house, clock)
    assert mailbox.letters == []
    (dead,) = await found(house)
    assert (dead.state, dead.sealed, dead.note) == (State.DEAD, None, "It came too late: what it says is not valid any more.")


async def test_without_a_mail_server_it_is_said(house: House) -> None:
    with pytest.raises(Unavailable, match="No mail server is set up"):
        await ask(house)


async def test_a_mail_server_that_is_away_is_asked_again(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    profile = await set_up(house, settings_of(mailbox))
    mailbox.broken = "451 the disk is full"
    await ask(house)
    await house.worker.drain()
    known = await house.database.read(store.endpoint, profile.id)
    assert (known.words, known.failures) == ("127.0.0.1: 451 the disk is full", 1)
    mailbox.broken = ""
    await settled(house, clock)
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize(("refuse", "broken"), [({"mendel@example.org"}, ""), (set(), "554 no such thing")])
async def test_what_is_refused_for_good_is_not_sent_again(
    house: House, mailbox: Mailbox, clock: SetClock, refuse: set[str], broken: str
) -> None:
    mailbox.refuse, mailbox.broken = refuse, broken
    profile = await set_up(house, settings_of(mailbox))
    await ask(house)
    await settled(house, clock)
    (dead,) = await found(house)
    assert (dead.state, dead.attempts) == (State.DEAD, 1)
    assert "no such" in dead.note
    assert (await house.database.read(store.endpoint, profile.id)).failures == 0, "that is the letter's fault, not the server's"


async def test_events_of_a_minute_are_one_letter(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox, at_once=("import.failed",)))
    await tell(house, 3, "import.failed")
    await tell(house, 5, "record.published")
    await house.worker.drain()
    assert mailbox.letters == []
    await settled(house, clock)
    assert clock() - START < timedelta(minutes=1)
    ((envelope, letter),) = mailbox.letters
    assert envelope.rcpt_tos == ["noether@example.org", "curie@example.org"]
    assert letter["Subject"] == "Sheaf: 3 events"
    text = letter.get_body(("plain",)).get_content()
    assert all(f"title: Peas {number}" in text for number in range(3))
    assert {each.state for each in await found(house)} == {State.SENT}


async def test_the_test_sends_a_message_and_says_what_the_server_said(mailbox: Mailbox, house: House) -> None:
    post = Post(lambda: "Sheaf", "https://repository.example.org", house.seal)
    test = kind(post).test
    good = await test(settings_of(mailbox), house.session)
    assert (good.agrees, good.message) == (True, "127.0.0.1 took a test message for noether@example.org, curie@example.org.")
    assert mailbox.letters[0][1]["Subject"] == "Test message from Sheaf"
    mailbox.refuse = {"noether@example.org", "curie@example.org"}
    refused = await test(settings_of(mailbox), house.session)
    assert not refused.agrees
    assert "550" in refused.message
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = await test(settings_of(mailbox, port=port), house.session)
    assert not away.agrees
    assert away.message.startswith("127.0.0.1: ")


async def test_a_server_without_tls_gets_no_letter_where_tls_is_asked_for(mailbox: Mailbox, house: House) -> None:
    post = Post(lambda: "Sheaf", "https://repository.example.org", house.seal)
    settings = settings_of(mailbox, security="starttls", user="sheaf", password="correct horse")
    found = await post.test(settings)
    assert not found.agrees
    assert "correct horse" not in found.message
    assert mailbox.letters == []


INJECTED = "x\r\nBcc: eve@evil.example\r\n\r\nbody"


@pytest.mark.parametrize("field", ["sender", "reply_to", "host", "user"])
def test_no_setting_can_break_a_header(field: str) -> None:
    given = {"host": "smtp.example.org", "sender": "sheaf@example.org", field: "sheaf@example.org" + INJECTED}
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(given, Mail)


@pytest.mark.parametrize(
    "address",
    [
        "no",
        "a@b@c",
        "a b@c.example",
        "a@b,c@d",
        "<a@b.example>",
        "a@b.example\n",
        "Curie <a@b.example>",
        "a@-b.example",
        "@b",
        "a@",
        "ü@b.example",
    ],
)
def test_what_is_no_mailbox_is_refused_at_its_field(address: str) -> None:
    with pytest.raises(ValueError, match=r"^recipients: "):
        Mail(host="smtp.example.org", sender="sheaf@example.org", recipients=(address,))


def test_a_password_does_not_travel_in_the_clear() -> None:
    with pytest.raises(ValueError, match=r"^security: "):
        Mail(host="smtp.example.org", sender="sheaf@example.org", security="none", password="correct horse")
    settings = Mail(host="smtp.example.org", sender="sheaf@example.org", password="correct horse")
    assert "correct" not in repr(settings) + str(settings.__rich_repr__())


def test_no_value_becomes_a_header_or_markup() -> None:
    values = {
        "repository": INJECTED,
        "url": "https://x.example",
        "name": INJECTED + "<script>",
        "minutes": "1",
        "link": '"><script>',
    }
    letter = write("reset", values, Sender(INJECTED, "sheaf@example.org"), ("a@b.example",), "id-1", START)
    again = email.message_from_bytes(letter.as_bytes(), policy=email.policy.default)
    assert "Bcc" not in again
    assert set(again.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert again["Subject"] == "Set a new password at x"
    assert again["From"].addresses[0].addr_spec == "sheaf@example.org"
    assert "<script>" not in again.get_body(("html",)).get_content()
    assert all(len(line) <= 998 for line in letter.as_bytes().split(b"\r\n"))
