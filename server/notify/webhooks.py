"""Webhooks: an event is posted to an address as JSON, signed so that the receiver knows who wrote it and that nobody changed it.

Two signatures, both over the raw bytes of the body: that of Standard Webhooks (id, time and body, against replay), and the older
`X-Exl-Signature` (body alone). Before anything is sent, the address must answer a challenge: nobody is told who did not ask.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import ClientSession
from msgspec import Meta, Struct
from sqlalchemy import Connection
from yarl import URL

from server.clock import to_wire
from server.errors import Invalid
from server.events.model import Event
from server.forms.field import Choice, Widget, title
from server.notify import store
from server.notify.client import Answer, Outward, Unreached, wished
from server.notify.fields import EVENT_CHOICES, EventName
from server.notify.guard import target
from server.notify.model import LONGEST_WISH, Delivery, Failed, Outcome, Taken
from server.profiles import store as profiles
from server.profiles.bound import server_of
from server.profiles.kind import Kind, Tested
from server.profiles.model import Profile, Wrong
from server.profiles.seal import Seal
from server.xml import clean

WEBHOOK = "webhook"
PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a key (Standard Webhooks, "Signature scheme")."""
SHORTEST_WORD = 12
"""Characters of a secret of the receiver's own choosing."""
KEPT = 1024
"""Characters of an answer that the log keeps."""
_GONE = 410
_QUOTED = 200


def new_secret() -> str:
    """Return a fresh secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """Return the key of the Standard Webhooks signature; raises ValueError for a secret that cannot be one."""
    if not secret.startswith(PREFIX):
        if len(secret) < SHORTEST_WORD:
            raise ValueError(f"secret: needs {SHORTEST_WORD} characters at least; leave it empty to have one made")
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("secret: what follows whsec_ must be base64; leave it empty to have one made") from error
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"secret: must have {_SHORTEST} to {_LONGEST} bytes; leave it empty to have one made")
    return key


class Webhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events are posted to, which, and how they are signed."""

    address: Annotated[
        str,
        Meta(min_length=1),
        title(
            "Address", "The receiver's address, https://…; it must answer a challenge before anything is sent.", widget=Widget.URL
        ),
    ]
    secret: Annotated[
        str,
        title(
            "Signing secret",
            "Leave it empty to have one made; the page of its deliveries makes another and shows it once. "
            "When it is replaced, the old one still signs beside the new for a day.",
            secret=True,
        ),
    ] = ""
    events: Annotated[tuple[EventName, ...], title("Events", "What is told; none chosen means all.", choices=EVENT_CHOICES)] = ()
    signatures: Annotated[
        Literal["both", "standard", "exl"],
        title(
            "Signatures",
            "How a receiver knows that a request is ours; it ignores what it does not know.",
            choices=(Choice("both", "Both"), Choice("standard", "Standard Webhooks"), Choice("exl", "X-Exl-Signature")),
        ),
    ] = "both"

    def __post_init__(self) -> None:
        try:
            target(self.address)
        except Invalid as error:
            raise ValueError(f"address: {error.message} {error.remedy}") from error
        if not self.secret:
            msgspec.structs.force_setattr(self, "secret", new_secret())
        key_of(self.secret)

    def __repr__(self) -> str:
        return f"Webhook({self.address!r}, {self.events!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("address", self.address), ("events", self.events)]


def body_of(event: Event, profile_id: int) -> str:
    """Write an event as it is posted.

    `type`, `timestamp` and `data` are the payload of Standard Webhooks; `id`, `action`, `time` and `job_instance` are the older
    form, in which a job's end is all there is.
    """
    moment = to_wire(event.at)
    told: dict[str, Any] = {
        "id": f"{event.id}-{profile_id}",
        "type": event.type,
        "timestamp": moment,
        "action": "job_end" if event.type == "job.ended" else event.type.replace(".", "_"),
        "time": moment,
        "subject": event.subject,
        "data": event.data,
    }
    if event.type == "job.ended":
        told["job_instance"] = {"id": event.subject} | event.data
    return msgspec.json.encode(told).decode()


def signed(settings: Webhook, old: Sequence[str], message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of one request. `old` secrets were replaced and still sign; X-Exl-Signature has room for one."""
    stamp = str(int(now.timestamp()))
    headers = {"Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": stamp}
    if settings.signatures != "exl":
        signing = f"{message_id}.{stamp}.".encode() + body
        keys = dict.fromkeys(key_of(secret) for secret in (settings.secret, *old))
        headers["webhook-signature"] = " ".join(f"v1,{_mac(key, signing)}" for key in keys)
    if settings.signatures != "standard":
        headers["X-Exl-Signature"] = _mac(settings.secret.encode(), body)
    return headers


def shown_headers(document: Mapping[str, Any], message_id: str, at: datetime) -> dict[str, str]:
    """Return the headers of a request as the log shows them, from a profile's settings without secrets: signatures left out."""
    sent = signed(msgspec.convert(document, Webhook), (), message_id, b"", at)
    return {name: "[left out]" if name.lower().endswith("-signature") else value for name, value in sent.items()}


def _mac(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()


@dataclass(frozen=True, slots=True)
class Hooks:
    """Speaks to receivers."""

    outward: Outward

    async def challenge(self, settings: Webhook) -> Tested:
        """Ask an address to repeat a word nobody can guess, plain or as `{"challenge": …}`: so it asks to be told."""
        word = secrets.token_urlsafe(24)
        url = _address(settings).extend_query(challenge=word)
        found = await self.outward.ask("GET", url, {"Accept": "application/json, text/plain"})
        if isinstance(found, Unreached):
            return Tested(agrees=False, message=found.words)
        if found.status // 100 != 2:  # noqa: PLR2004
            return Tested(agrees=False, message=_said(url, found, settings, ()))
        if not hmac.compare_digest(_repeated(found.body).encode(), word.encode()):
            words = f"{url.host} answered {found.status}, but did not repeat the challenge it was asked by."
            return Tested(agrees=False, message=words)
        return Tested(agrees=True, message=f"{url.host} answered the challenge.")

    async def send(self, settings: Webhook, old: Sequence[str], delivery: Delivery, now: datetime) -> Outcome:
        """Post one delivery."""
        body, url = delivery.document.encode(), _address(settings)
        found = await self.outward.ask("POST", url, signed(settings, old, delivery.message_id, body, now), body)
        if isinstance(found, Unreached):
            return Failed(found.words, milliseconds=found.milliseconds)
        kept = _redacted(found.body, settings, old)
        if found.status // 100 == 2:  # noqa: PLR2004
            return Taken(found.status, kept, found.milliseconds)
        return Failed(
            _said(url, found, settings, old), found.status, kept, found.milliseconds,
            retry_after=wished(found.retry_after, now, LONGEST_WISH), gone=found.status == _GONE,
        )  # fmt: skip


def _address(settings: Webhook) -> URL:
    return target(settings.address)


def _repeated(body: str) -> str:
    """Return the word an answer repeats."""
    text = body.strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return str(document.get("challenge", "")) if isinstance(document, dict) else str(document)


def _said(url: URL, answer: Answer, settings: Webhook, old: Sequence[str]) -> str:
    if answer.status // 100 == 3:  # noqa: PLR2004
        return f"{url.host} answered {answer.status}: it leads elsewhere, and redirections are not followed."
    words = " ".join(_redacted(answer.body, settings, old).split())[:_QUOTED]
    return f"{url.host} answered {answer.status}{f': {words}' if words else ''}"


def _redacted(text: str, settings: Webhook, old: Sequence[str]) -> str:
    """Return the beginning of what a receiver said, without our secrets and what no text may hold."""
    for secret in (settings.secret, *old):
        for form in (secret, secret.removeprefix(PREFIX), json.dumps(secret)[1:-1]):
            text = text.replace(form, "[secret]")
    return clean(text)[:KEPT]


async def _test(hooks: Hooks, settings: Webhook, _session: ClientSession) -> Tested:
    return await hooks.challenge(settings)


def renew(tx: Connection, profile: Profile, seal: Seal, now: datetime) -> str:
    """Give a webhook a new secret, beside which the old one signs for a day; return it, to be shown once."""
    settings = msgspec.structs.replace(profiles.opened(profile, Webhook, seal), secret=new_secret())
    store.noticed(tx, profiles.save(tx, WEBHOOK, profile.name, settings, seal, now), now)
    return str(settings.secret)


def _guard(outward: Outward, _tx: Connection, _before: Profile | None, settings: Webhook) -> None:
    if outward.refuses_plain(_address(settings)):
        raise Wrong({"address": "It begins with https://; http only into networks of SHEAF_PRIVATE_TARGETS."})


def _dropped(tx: Connection, profile: Profile) -> None:
    store.drop(tx, profile.id)


def kind(outward: Outward) -> Kind:
    """Return the profile kind; its test goes through the guarded client, not through the one that agencies are asked with."""
    return Kind(
        name=WEBHOOK,
        title="Webhook",
        description="Tells another system by a signed HTTPS request when something happened.",
        settings=Webhook,
        creates="Deliveries: one request for each event, repeated until it is taken.",
        server=lambda webhook: server_of(webhook.address),
        test=partial(_test, Hooks(outward)),
        guard=partial(_guard, outward),
        saved=store.noticed,
        deleted=_dropped,
    )
