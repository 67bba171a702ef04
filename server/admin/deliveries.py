"""What goes out: every delivery to webhooks and by mail, what the other side said, and sending it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from sqlalchemy import Connection

from server.accounts.model import Right
from server.audit.log import Actor, note
from server.errors import Conflict, NotFound
from server.events.model import EVENTS
from server.notify import store
from server.notify.mail import MAIL
from server.notify.model import Attempt, Delivery, Endpoint, State
from server.notify.store import Asked
from server.notify.webhooks import WEBHOOK, renew, shown_headers
from server.portal import words
from server.portal.asked import asked, number
from server.portal.door import VISITOR
from server.portal.frame import Frame, led
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal

PAGE = 50
LIST = "/admin/deliveries"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A profile that things are sent to, and how that goes."""

    profile: Profile
    known: Endpoint
    counts: dict[str, int]

    @property
    def word(self) -> words.Word:
        """Say in one word how it stands."""
        if not self.profile.enabled:
            return words.ENDPOINTS["off"]
        if self.profile.paused:
            return words.ENDPOINTS["paused"]
        if self.known.failures:
            return words.ENDPOINTS["failing"]
        return words.ENDPOINTS["well" if self.known.succeeded else "new"]


@dataclass(frozen=True, slots=True)
class Detail:
    """A delivery with its attempts and the profile it is for, where that is still there."""

    delivery: Delivery
    attempts: Sequence[Attempt]
    profile: Profile | None

    @property
    def body(self) -> str:
        """What is sent, indented for people."""
        return msgspec.json.format(self.delivery.document, indent=2)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the last request, signatures left out; nothing for mail or where nothing was sent."""
        if self.profile is None or self.profile.kind != WEBHOOK or not self.attempts:
            return {}
        return shown_headers(self.profile.document, self.delivery.message_id, self.attempts[0].at)

    @property
    def may_send_again(self) -> bool:
        known = self.profile is not None and self.delivery.state is not State.WAITING
        return known and self.delivery.type not in store.UNREPEATABLE


@dataclass(frozen=True, slots=True)
class Deliveries:
    frame: Frame

    def routes(self) -> list[web.RouteDef]:
        frame = self.frame
        return [
            frame.get(LIST, Right.DELIVERIES, self.listed),
            frame.get(LIST + "/{id}", Right.DELIVERIES, self.detail),
            frame.post(LIST + "/{id}/again", Right.DELIVERIES, self.again),
            frame.get(LIST + "/to/{profile}", Right.DELIVERIES, self.subscriber),
            frame.post(LIST + "/to/{profile}/again", Right.DELIVERIES, self.dead_again),
            frame.post(LIST + "/to/{profile}/forget", Right.DELIVERIES, self.forget),
            frame.post(LIST + "/to/{profile}/secret", Right.PROFILES, self.secret),
        ]

    async def listed(self, request: web.Request) -> web.StreamResponse:
        to, state, kind, text, before = asked(request, "to", "state", "type", "q", "before")
        wanted = Asked(number(to), state, kind, text, number(before))
        found, subscribers = await self.frame.house.database.read(_listed, wanted)
        shown = found[:PAGE]
        query = {"to": to, "state": state, "type": kind, "q": text, "before": str(shown[-1].id) if len(found) > PAGE else ""}
        older = urlencode({name: value for name, value in query.items() if value}) if query["before"] else ""
        return self.frame.page(
            request, "admin/deliveries.html", deliveries=shown, subscribers=subscribers, wanted=wanted, older=older,
            names={each.profile.id: each.profile.name for each in subscribers}, events=EVENTS | words.LETTERS, words=words,
        )  # fmt: skip

    async def detail(self, request: web.Request) -> web.StreamResponse:
        found = await self.frame.house.database.read(_detail, _number(request, "id"))
        return self.frame.page(request, "admin/delivery.html", it=found, events=EVENTS | words.LETTERS, words=words)

    async def subscriber(self, request: web.Request) -> web.StreamResponse:
        found = await self.frame.house.database.read(_subscriber, _number(request, "profile"))
        return self.frame.page(request, "admin/subscriber.html", it=found, words=words, secret="")

    async def again(self, request: web.Request) -> web.StreamResponse:
        house, key = self.frame.house, _number(request, "id")
        await house.database.write(_send_again, key, request[VISITOR].actor, house.clock())
        house.worker.call()
        raise led(f"{LIST}/{key}", "sent-again")

    async def dead_again(self, request: web.Request) -> web.StreamResponse:
        house, key = self.frame.house, _number(request, "profile")
        await house.database.write(_send_dead_again, key, request[VISITOR].actor, house.clock())
        house.worker.call()
        raise led(f"{LIST}/to/{key}", "sent-again")

    async def forget(self, request: web.Request) -> web.StreamResponse:
        house, key = self.frame.house, _number(request, "profile")
        await house.database.write(_forget, key, request[VISITOR].actor, house.clock())
        raise led(f"{LIST}/to/{key}", "deleted")

    async def secret(self, request: web.Request) -> web.StreamResponse:
        """Make a new signing secret and show it, once: it is in no page afterwards, so this one is not led away from."""
        house, key = self.frame.house, _number(request, "profile")
        made = await house.database.write(_renew, key, house.seal, request[VISITOR].actor, house.clock())
        found = await house.database.read(_subscriber, key)
        return self.frame.page(request, "admin/subscriber.html", it=found, words=words, secret=made)


def _number(request: web.Request, name: str) -> int:
    found = number(request.match_info[name])
    if not found:
        raise NotFound("There is no such delivery.")
    return found


def _listed(tx: Connection, wanted: Asked) -> tuple[list[Delivery], list[Subscriber]]:
    return store.search(tx, wanted, PAGE + 1), [_seen(tx, profile) for profile in _subscribers(tx)]


def _subscribers(tx: Connection) -> list[Profile]:
    return [profile for profile in profiles.every(tx) if profile.kind in {WEBHOOK, MAIL}]


def _seen(tx: Connection, profile: Profile) -> Subscriber:
    return Subscriber(profile, store.endpoint(tx, profile.id), store.counts(tx, profile.id))


def _subscriber(tx: Connection, key: int) -> Subscriber:
    found = next((profile for profile in _subscribers(tx) if profile.id == key), None)
    if found is None:
        raise NotFound("There is no such webhook or mail profile.")
    return _seen(tx, found)


def _detail(tx: Connection, key: int) -> Detail:
    delivery = store.get(tx, key)
    return Detail(delivery, store.attempts(tx, key), profiles.by_id(tx, delivery.profile_id))


def _send_again(tx: Connection, key: int, actor: Actor, now: datetime) -> None:
    if not _detail(tx, key).may_send_again:
        raise Conflict("This cannot be sent again: it waits already, its profile is gone, or it held a secret.")
    delivery = store.send_again(tx, key, now)
    note(tx, actor, "delivery.repeated", "delivery", str(key), now, summary=f"{delivery.type} {delivery.subject}")


def _send_dead_again(tx: Connection, key: int, actor: Actor, now: datetime) -> None:
    name = _subscriber(tx, key).profile.name
    count = store.send_dead_again(tx, key, now)
    note(tx, actor, "delivery.repeated", "profile", str(key), now, summary=f"{name}: {count} that were given up")


def _forget(tx: Connection, key: int, actor: Actor, now: datetime) -> None:
    name = _subscriber(tx, key).profile.name
    count = store.forget_dead(tx, key)
    note(tx, actor, "delivery.deleted", "profile", str(key), now, summary=f"{name}: {count} that were given up")


def _renew(tx: Connection, key: int, seal: Seal, actor: Actor, now: datetime) -> str:
    profile = _subscriber(tx, key).profile
    if profile.kind != WEBHOOK:
        raise Conflict("Only webhooks are signed.")
    made = renew(tx, profile, seal, now)
    note(tx, actor, "profile.secret-renewed", "profile", str(key), now, summary=profile.name)
    return made
