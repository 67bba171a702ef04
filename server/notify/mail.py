"""Mail: letters by the institution's SMTP server. Some at once, what happened otherwise once a day, a test by a button."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Annotated, Any, Literal

import aiosmtplib
import msgspec
from aiohttp import ClientSession
from aiosmtplib import SMTPAuthenticationError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from msgspec import Meta, Struct
from sqlalchemy import Connection
from ulid import ULID

from server import language
from server.clock import now as clock_now
from server.errors import Unavailable
from server.events.model import EVENTS, Event
from server.forms.field import Choice, Widget, title
from server.jobs import queue
from server.notify import digest, store
from server.notify.fields import EVENT_CHOICES, EventName, is_mailbox
from server.notify.letters import Sender, write
from server.notify.model import Delivery, Failed, Outcome, Taken
from server.profiles import store as profiles
from server.profiles.kind import Kind, Tested
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.xml import clean

MAIL = "mail"
PATIENCE = 20.0
"""Seconds a mail server may take for each step."""
LETTER = "mail."
"""What the type of a delivery begins with that is a letter of its own; any other is a line of the next letter."""
_PERMANENT = 500
_KEPT = 1024
_LISTED = 100
"""Events that a letter tells of one by one; the rest is counted."""


class Mail(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The institution's mail server, and who is told what."""

    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}$"), title("SMTP server", "Its name, such as smtp.example.org.")]
    port: Annotated[int, Meta(ge=1, le=65535), title("Port", "587 with STARTTLS, 465 with TLS, 25 inside the institution.")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        title(
            "Security",
            "How the connection is protected.",
            choices=(Choice("starttls", "STARTTLS"), Choice("tls", "TLS from the first byte"), Choice("none", "None")),
        ),
    ] = "starttls"
    user: Annotated[str, title("User", "Empty where the server asks for none.")] = ""
    password: Annotated[str, title("Password", "", secret=True)] = ""
    sender: Annotated[str, Meta(max_length=254), title("From", "The address letters come from.", widget=Widget.EMAIL)]
    reply_to: Annotated[
        str, Meta(max_length=254), title("Reply to", "Where answers go; empty means to the sender.", widget=Widget.EMAIL)
    ] = ""
    recipients: Annotated[
        tuple[str, ...],
        title("Recipients", "Addresses of the people who look after the repository; they get what is chosen below."),
    ] = ()
    at_once: Annotated[
        tuple[EventName, ...],
        title(
            "Told at once", "Events the recipients hear of within a minute; many at once are one letter.", choices=EVENT_CHOICES
        ),
    ] = ()
    daily: Annotated[
        tuple[EventName, ...],
        title("Told once a day", "Events of the daily letter, which also says what is stuck.", choices=EVENT_CHOICES),
    ] = (
        "job.ended", "import.failed", "import.refused", "identifier.rejected", "identifier.blocked", "agency.down", "agency.back",
    )  # fmt: skip
    digest: Annotated[bool, title("Daily letter", "Whether there is one; a day without anything to say has none.")] = True
    digest_hour: Annotated[int, Meta(ge=0, le=23), title("Hour of the daily letter", "From 0 to 23, in UTC.")] = 6
    language: Annotated[
        str, Meta(pattern="^[a-z]{2,3}$"), title("Language", "Of the letters: en, or one there are texts for.")
    ] = "en"

    def __post_init__(self) -> None:
        for field, addresses in (("sender", (self.sender,)), ("reply_to", (self.reply_to,)), ("recipients", self.recipients)):
            wrong = [address for address in addresses if address and not is_mailbox(address)]
            if wrong or (field == "sender" and not self.sender):
                raise ValueError(f"{field}: must be an address like library@example.org, not {wrong[0] if wrong else ''!r}")
        if self.password and self.security == "none":
            raise ValueError("security: choose starttls or tls, as the password would be readable on the way")
        if "\n" in self.user or "\r" in self.user:
            raise ValueError("user: must be one line")

    def __repr__(self) -> str:
        return f"Mail({self.host!r}, {self.port!r}, {self.sender!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("host", self.host), ("port", self.port), ("sender", self.sender)]


class Letter(Struct, frozen=True, kw_only=True):
    """What is kept of a letter until it is sent: its template, not its words. Secret values are sealed beside it."""

    template: str
    to: tuple[str, ...]
    values: dict[str, Any]
    until: datetime | None = None
    """When it is of no use any more."""


class Line(Struct, frozen=True, kw_only=True):
    """An event as a letter tells of it."""

    title: str
    at: str
    facts: tuple[tuple[str, str], ...]


def line_of(event: Event) -> str:
    """Write an event as a line of the next letter: what it says of itself, short."""
    facts = tuple(
        (name, str(value)[:300]) for name, value in event.data.items() if isinstance(value, str | int | float) and value != ""
    )
    return msgspec.json.encode(Line(title=EVENTS[event.type], at=event.at.isoformat(), facts=facts)).decode()


def ask(
    tx: Connection,
    seal: Seal,
    *,
    to: str,
    template: str,
    values: Mapping[str, Any],
    secret: Mapping[str, str],
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Ask for one letter in somebody's transaction: `templates/mail/<template>`, sent by the worker.

    `secret` values (a link that lets somebody in) are sealed, and forgotten once the letter is sent or given up; after `until`
    it is not sent at all. Raises Unavailable where no mail server is set up.
    """
    found = enabled(tx)
    if found is None:
        raise Unavailable(
            "No mail server is set up, so no mail can be sent.", remedy="An administrator makes a profile of the kind Mail."
        )
    document = msgspec.json.encode(Letter(template=template, to=(to,), values=dict(values), until=until)).decode()
    sealed = seal.close(msgspec.json.encode(dict(secret))) if secret else None
    store.add(tx, [store.New(found.id, f"{LETTER}{template}", to, document, sealed=sealed)], now)


def enabled(tx: Connection) -> Profile | None:
    """Return the institution's mail profile, if it is switched on."""
    return next((profile for profile in profiles.every(tx, enabled=True) if profile.kind == MAIL), None)


@dataclass(frozen=True, slots=True)
class Post:
    """Hands letters to a mail server."""

    repository: Callable[[], str]
    """What the repository is called at this moment."""
    url: str
    seal: Seal

    async def letter(self, settings: Mail, delivery: Delivery, now: datetime) -> Outcome:
        """Send a letter of its own."""
        letter = msgspec.json.decode(delivery.document, type=Letter)
        if letter.until is not None and letter.until <= now:
            return Failed("It came too late: what it says is not valid any more.", never=True)
        secret = msgspec.json.decode(self.seal.open(delivery.sealed)) if delivery.sealed else {}
        return await self.send(settings, letter.template, letter.values | secret, letter.to, delivery.message_id, now)

    async def lines(self, settings: Mail, deliveries: Sequence[Delivery], now: datetime) -> Outcome:
        """Send events as one letter to the people who look after the repository."""
        if not settings.recipients:
            return Failed("The mail profile has no recipients.", never=True)
        lines = [msgspec.json.decode(each.document) for each in deliveries[:_LISTED]]
        values = {"lines": lines, "count": len(deliveries), "more": len(deliveries) - len(lines)}
        return await self.send(settings, "events", values, settings.recipients, deliveries[0].message_id, now)

    async def test(self, settings: Mail) -> Tested:
        """Send a letter that says that the settings are right: to the recipients, or to the sender where there are none."""
        to = settings.recipients or (settings.sender,)
        outcome = await self.send(settings, "test", {}, to, f"test-{ULID()}", clock_now())
        if isinstance(outcome, Failed):
            return Tested(agrees=False, message=outcome.words)
        return Tested(agrees=True, message=f"{settings.host} took a test message for {', '.join(to)}.")

    async def send(
        self, settings: Mail, template: str, values: Mapping[str, Any], to: tuple[str, ...], number: str, now: datetime
    ) -> Outcome:
        """Write a letter and hand it over. Never raises for what a mail server may do."""
        language.choose(settings.language)
        repository = self.repository()
        sender = Sender(repository, settings.sender, settings.reply_to)
        message = write(template, {"repository": repository, "url": self.url, **values}, sender, to, number, now)
        begun = monotonic()
        try:
            refused, said = await aiosmtplib.send(
                message,
                sender=settings.sender,
                recipients=list(to),
                hostname=settings.host,
                port=settings.port,
                username=settings.user or None,
                password=settings.password or None,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                timeout=PATIENCE,
                local_hostname=settings.sender.rpartition("@")[2],
            )
        except (SMTPException, OSError, ssl.SSLError, ValueError) as error:
            return self._failed(settings, error, _since(begun))
        words = "; ".join([said, *(f"{address}: {answer[0]} {answer[1]}" for address, answer in refused.items())])
        return Taken(250, self._redacted(settings, words), _since(begun))

    def _failed(self, settings: Mail, error: Exception, milliseconds: int) -> Failed:
        status, never = None, False
        said = str(error) or type(error).__name__
        if isinstance(error, SMTPRecipientsRefused):
            codes = [refusal.code for refusal in error.recipients]
            never = bool(codes) and min(codes) >= _PERMANENT
            status = min(codes, default=None)
            said = "; ".join(f"{refusal.recipient}: {refusal.code} {refusal.message}" for refusal in error.recipients)
        elif isinstance(error, SMTPResponseException):
            # Who may not log in must mend the profile; every other permanent answer is about this letter.
            status, never = error.code, error.code >= _PERMANENT and not isinstance(error, SMTPAuthenticationError)
            said = f"{error.code} {error.message}"
        words = self._redacted(settings, f"{settings.host}: {' '.join(said.split())}")
        return Failed(words, status, words, milliseconds, never=never)

    def _redacted(self, settings: Mail, text: str) -> str:
        return clean(text.replace(settings.password, "[secret]") if settings.password else text)[:_KEPT]


def _since(begun: float) -> int:
    return round((monotonic() - begun) * 1000)


async def _test(post: Post, settings: Mail, _session: ClientSession) -> Tested:
    return await post.test(settings)


def _noticed(tx: Connection, profile: Profile, now: datetime) -> None:
    store.noticed(tx, profile, now)
    digest.plan(tx, profile, now)


def _dropped(tx: Connection, profile: Profile) -> None:
    store.drop(tx, profile.id)
    queue.drop(tx, digest.DIGEST, str(profile.id))


def kind(post: Post) -> Kind:
    """Return the profile kind; its test sends a message."""
    return Kind(
        name=MAIL,
        title="Mail",
        description="Sends letters: links for new passwords, what happened, and once a day what needs somebody.",
        settings=Mail,
        single="The institution has one mail server; change the profile that is there.",
        creates="Letters, and the job of the daily letter.",
        server=lambda mail: f"{mail.host.lower()}:{mail.port}",
        test=partial(_test, post),
        saved=_noticed,
        deleted=_dropped,
    )
