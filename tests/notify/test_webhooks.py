"""Webhooks: what is posted, how it is signed, what a receiver can verify, how it proves that it wants to be told."""

import base64
import hashlib
import hmac
import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import Connection
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from server.events.model import EVENTS, Event
from server.house import House
from server.notify import fields, store
from server.notify.client import Outward
from server.notify.guard import Guard
from server.notify.model import State
from server.notify.webhooks import KEPT, Webhook, body_of, key_of, kind, new_secret, shown_headers, signed
from server.profiles import store as profiles
from server.profiles.model import Wrong
from tests.conftest import SetClock
from tests.fakes.receiver import Receiver, answers
from tests.notify.conftest import SECRET, Subscribe, found, settled, tell

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
EVENT = Event(1, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "job.ended", "17", NOW, {"state": "completed", "name": "Überprüfung"})


def test_the_events_to_choose_from_are_those_there_are() -> None:
    assert list(fields.EventName.__args__) == list(EVENTS)


def test_the_public_library_verifies_what_is_signed() -> None:
    settings = Webhook(address="https://example.org/", secret=SECRET)
    body = body_of(EVENT, 3).encode()
    headers = signed(settings, (), "id-3", body, datetime.now(UTC))
    assert Verifier(SECRET).verify(body, headers)["data"] == EVENT.data
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body.replace(b"completed", b"cancelled"), headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body, headers | {"webhook-id": "id-4"})
    with pytest.raises(WebhookVerificationError):
        Verifier(new_secret()).verify(body, headers)


def test_the_older_signature_is_of_the_raw_body() -> None:
    body = body_of(EVENT, 3).encode()
    headers = signed(Webhook(address="https://example.org/", secret="a word of ours"), (), "id", body, NOW)
    assert headers["X-Exl-Signature"] == base64.b64encode(hmac.digest(b"a word of ours", body, hashlib.sha256)).decode()
    told = json.loads(body)
    assert (told["action"], told["id"]) == ("job_end", "01ARZ3NDEKTSV4RRFFQ69G5FAV-3")
    assert told["time"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["job_instance"] == {"id": "17", "state": "completed", "name": "Überprüfung"}


@pytest.mark.parametrize(("signatures", "has"), [("both", {True}), ("standard", {True, False}), ("exl", {False, True})])
def test_either_signature_can_be_left_out(signatures: str, has: set[bool]) -> None:
    headers = signed(Webhook(address="https://example.org/", secret=SECRET, signatures=signatures), (), "id", b"{}", NOW)
    assert {"webhook-signature" in headers, "X-Exl-Signature" in headers} == has
    assert ("webhook-signature" in headers) == (signatures != "exl")


def test_a_secret_is_made_where_none_is_given_and_never_shown() -> None:
    one, two = Webhook(address="https://example.org/"), Webhook(address="https://example.org/", secret="")
    assert one.secret != two.secret
    assert len(key_of(one.secret)) == 32
    assert one.secret not in repr(one) + str(one) + str(one.__rich_repr__())
    shown = shown_headers({"address": one.address}, "id", NOW)
    assert set(shown) == {"Content-Type", "webhook-id", "webhook-timestamp", "webhook-signature", "X-Exl-Signature"}
    assert shown["webhook-signature"] == shown["X-Exl-Signature"] == "[left out]"


@pytest.mark.parametrize("secret", ["short", "whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"x" * 23).decode()])
def test_a_secret_that_could_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^secret: "):
        Webhook(address="https://example.org/", secret=secret)


def test_an_address_that_is_none_is_refused_at_its_field() -> None:
    with pytest.raises(ValueError, match=r"^address: "):
        Webhook(address="ftp://example.org/")


async def test_an_event_is_delivered_signed_in_both_ways(house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock):
    clock.moment = datetime.now(UTC)  # the library compares with the clock on the wall
    await subscribe()
    await tell(house)
    await settled(house, clock)
    assert receiver.challenges == 1
    (sent,) = receiver.taken
    assert Verifier(SECRET).verify(sent.body, sent.headers)["data"] == {"title": "Peas 0"}
    assert sent.headers["X-Exl-Signature"] == base64.b64encode(hmac.digest(SECRET.encode(), sent.body, hashlib.sha256)).decode()
    (delivery,) = await found(house)
    assert (delivery.state, delivery.attempts, delivery.message_id) == (State.SENT, 1, sent.headers["webhook-id"])


async def test_nothing_is_sent_before_the_address_answers_the_challenge(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    receiver.answers_challenge = False
    profile = await subscribe()
    await tell(house, 2)
    await settled(house, clock)
    assert receiver.asked == 0
    paused = await house.database.read(profiles.by_id, profile.id)
    assert paused.paused.startswith("127.0.0.1 answered 200, but did not repeat the challenge it was asked by. Nothing is sent")
    last = await house.database.read(store.endpoint, profile.id)
    assert (last.failed, last.succeeded) == (clock(), None)
    receiver.answers_challenge = True
    await subscribe()
    await settled(house, clock)
    assert [sent["subject"] for sent in map(json.loads, (sent.body for sent in receiver.taken))] == [
        "work-0",
        "work-1",
        str(profile.id),
    ]


async def test_another_address_is_asked_again(house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock) -> None:
    await subscribe()
    await settled(house, clock)
    await subscribe()
    await settled(house, clock)
    assert receiver.challenges == 1
    await subscribe(address=f"{receiver.url}?for=sheaf")
    await settled(house, clock)
    assert receiver.challenges == 2


@pytest.mark.parametrize("plain", [True, False])
async def test_the_test_of_the_connection_asks_by_a_challenge(house: House, receiver: Receiver, plain: bool) -> None:
    from aiohttp import web

    async def repeat(request: web.Request) -> web.Response:
        word = request.query["challenge"]
        return web.Response(text=f" {word}\n") if plain else web.json_response({"challenge": word})

    receiver._challenge = repeat  # type: ignore[method-assign]
    async with Outward(Guard(house.settings.opened), "Sheaf") as outward:
        found = await kind(outward).test(Webhook(address=receiver.url), house.session)
        assert found.agrees, found
    async with Outward(Guard(), "Sheaf") as outward:
        found = await kind(outward).test(Webhook(address=receiver.url), house.session)
        assert not found.agrees
        assert "SHEAF_PRIVATE_TARGETS" in found.message


async def test_a_replaced_secret_signs_beside_the_new_for_a_day(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.moment = datetime.now(UTC)  # the library compares with the clock on the wall
    new = new_secret()
    await subscribe()
    await settled(house, clock)
    await subscribe(secret=new)
    await subscribe(secret=new, events=("record.published",))  # saved once more: the old one must still sign
    await tell(house)
    await settled(house, clock)
    sent = receiver.taken[-1]
    for secret in (SECRET, new):
        assert Verifier(secret).verify(sent.body, sent.headers)["type"] == "record.published"
    older = base64.b64encode(hmac.digest(new.encode(), sent.body, hashlib.sha256)).decode()
    assert sent.headers["X-Exl-Signature"] == older, "there is room for one: the new"
    clock.pass_time(hours=25)
    await tell(house)
    await settled(house, clock)
    assert len(receiver.taken[-1].headers["webhook-signature"].split()) == 1


async def test_what_a_receiver_says_is_kept_without_our_secrets(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    profile = await subscribe(events=("record.published",))
    receiver.mood = answers(400, f"no: {SECRET} {SECRET.removeprefix('whsec_')} \x00 <b>" + "y" * 5000)
    await tell(house)
    await house.worker.drain()
    await house.worker.drain()
    delivery = (await found(house))[0]
    attempt = (await house.database.read(store.attempts, delivery.id))[0]
    assert (attempt.status, delivery.state) == (400, State.WAITING)
    assert attempt.answer.startswith("no: [secret] [secret]")
    assert len(attempt.answer) == KEPT
    assert "\x00" not in attempt.answer
    assert attempt.note.startswith("127.0.0.1 answered 400: no: [secret]")
    assert (await house.database.read(store.endpoint, profile.id)).words == attempt.note


async def test_what_is_over_is_forgotten_after_thirty_days(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    await subscribe(events=("record.published",))
    await tell(house, 3)
    await settled(house, clock)
    assert await house.database.write(store.forget, clock() + timedelta(days=29)) == 0
    assert await house.database.write(store.forget, clock() + timedelta(days=31)) == 3
    assert await found(house) == []

    def left(tx: Connection) -> int:
        from server.notify.tables import delivery_attempts

        return len(tx.execute(delivery_attempts.select()).all())

    assert await house.database.read(left) == 0


@pytest.mark.parametrize(
    ("address", "allowed", "refused"),
    [
        ("http://example.org/hook", (), True),
        ("http://8.8.8.8/hook", ("10.1.0.0/16",), True),
        ("http://10.1.2.3/hook", ("10.1.0.0/16",), False),
        ("http://inside.example.org/hook", ("10.1.0.0/16",), False),
        ("https://example.org/hook", (), False),
    ],
)
def test_plain_http_is_refused_when_it_is_entered(address: str, allowed: tuple[str, ...], refused: bool) -> None:
    made = kind(Outward(Guard(tuple(ip_network(each) for each in allowed)), "Sheaf"))
    assert made.guard is not None
    with pytest.raises(Wrong, match="begins with https://") if refused else nullcontext():
        made.guard(None, None, Webhook(address=address))
