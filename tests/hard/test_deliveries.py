"""A receiver that is down half the time: every event arrives by its id, in full, signed; on both databases."""

import base64
import hashlib
import hmac
import os
import random

import pytest
from aiohttp import web

from server.house import House
from server.notify.model import State
from tests.conftest import SetClock
from tests.fakes.receiver import Receiver, Sent, answers
from tests.notify.conftest import SECRET, Subscribe, found, receiver, settings, settled, subscribe, tell

__all__ = ["receiver", "settings", "subscribe"]

EVENTS = int(os.environ.get("SHEAF_TEST_EVENTS") or 200)


@pytest.mark.timeout(120 + EVENTS // 10)
async def test_a_receiver_that_is_down_half_the_time_gets_all(
    house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    """It fails every other half minute, and one time in ten besides, in every way; the clock is set, nobody sleeps."""
    chance = random.Random(EVENTS)
    faults = [answers(500, "broken"), answers(503, **{"Retry-After": "7"}), answers(302, Location="/elsewhere")]
    failed = 0

    async def mood(request: web.Request) -> web.StreamResponse | None:
        nonlocal failed
        clock.pass_time(seconds=chance.random() * 3)
        if clock().second < 30 and chance.random() > 0.1:
            return None
        failed += 1
        fault = chance.randrange(len(faults) + 2)
        if fault < len(faults):
            return await faults[fault](request)
        if fault == len(faults):
            request.transport.abort()
        else:  # it took it, and the answer is lost: it comes again, under the same id
            receiver.taken.append(Sent(dict(request.headers), await request.read()))
        return web.Response(status=502)

    receiver.mood = mood
    await subscribe(events=("record.published",))
    for _ in range(0, EVENTS, 200):
        await tell(house, min(200, EVENTS))
    await settled(house, clock)
    deliveries = await found(house)
    assert [each.state for each in deliveries] == [State.SENT] * EVENTS
    arrived = {sent.headers["webhook-id"]: sent.body for sent in receiver.taken}
    assert arrived == {each.message_id: each.document.encode() for each in deliveries}, "each by its id, in full"
    assert all(verifies(sent) for sent in receiver.taken)
    assert failed > EVENTS / 10
    twice = len(receiver.taken) - EVENTS
    print(
        f"{EVENTS} events, {receiver.asked} requests, {failed} of them failed, {len(arrived)} arrived by id, {twice} of them twice"
    )


def verifies(sent: Sent) -> bool:
    """Verify by hand, as the library's clock cannot be set; tests/notify/test_webhooks.py does it by the library."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signing = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
    expected = "v1," + base64.b64encode(hmac.digest(key, signing, hashlib.sha256)).decode()
    older = base64.b64encode(hmac.digest(SECRET.encode(), sent.body, hashlib.sha256)).decode()
    return sent.headers["webhook-signature"] == expected and sent.headers["X-Exl-Signature"] == older
