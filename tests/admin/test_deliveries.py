"""The pages of what goes out: lists, what was said, sending again, a secret that is shown once; nothing secret otherwise."""

import re
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection
from standardwebhooks import Webhook as Verifier

from server.audit import log
from server.house import House
from server.notify import store
from server.notify.model import State
from tests.admin.visits import csrf, login, press
from tests.conftest import SetClock
from tests.fakes.receiver import Receiver, answers
from tests.notify.conftest import SECRET, Subscribe, found, receiver, settings, settled, subscribe, tell
from tests.notify.test_mail import Mailbox, ask, mailbox, set_up, settings_of

__all__ = ["mailbox", "receiver", "settings", "subscribe"]
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

LIST = "/admin/deliveries"
ONE = ("record.published",)


async def text(client: TestClient, page: str) -> str:
    answer = await client.get(page)
    assert answer.status == 200, page
    return await answer.text()


async def test_what_was_given_up_is_found_read_and_sent_again(
    client: TestClient, house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    profile = await subscribe("Library system", events=ONE)
    receiver.mood = answers(500, f"<b>broken</b> {SECRET}")
    await tell(house, 2)
    await settled(house, clock)
    await login(client)
    assert "2 messages given up" in await text(client, "/admin")
    page = await text(client, f"{LIST}?state=dead&to={profile.id}&type=record.published&q=work-1")
    assert page.count('data-label="Attempts"') == 1
    assert "Library system" in page
    assert "No" not in re.findall("No[a-z]+ was sent yet", page)
    assert "nothing is like that" in await text(client, f"{LIST}?state=sent")
    dead = (await found(house))[0]
    page = await text(client, f"{LIST}/{dead.id}")
    assert "&lt;b&gt;broken&lt;/b&gt; [secret]" in page
    assert SECRET not in page
    assert "&#34;title&#34;: &#34;Peas 1&#34;" in page
    assert page.count("[left out]") == 2
    receiver.mood = None
    answer = await press(client, f"{LIST}/{dead.id}", "again")
    assert answer.headers["Location"] == f"{LIST}/{dead.id}?done=sent-again"
    await settled(house, clock)
    assert receiver.ids() == [dead.message_id]
    answer = await press(client, f"{LIST}/to/{profile.id}", "again")
    assert answer.status == 303
    await settled(house, clock)
    assert {each.state for each in await found(house)} == {State.SENT}
    assert "Send again what was given up" not in await text(client, f"{LIST}/to/{profile.id}")
    noted = await house.database.read(log.search, log.Asked(), 10)
    assert [line.deed for line in noted if line.deed.startswith("delivery")] == ["delivery.repeated"] * 2


async def test_what_was_given_up_is_removed(
    client: TestClient, house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    profile = await subscribe(events=ONE)
    receiver.mood = answers(500)
    await tell(house)
    await settled(house, clock)
    await login(client)
    await press(client, f"{LIST}/to/{profile.id}", "forget")
    assert await found(house) == []


async def test_a_new_secret_is_shown_once(
    client: TestClient, house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    clock.moment = datetime.now(UTC)  # the library that verifies has the real time
    profile = await subscribe(events=ONE)
    await login(client)
    page = f"{LIST}/to/{profile.id}"
    shown = await (await client.post(f"{page}/secret", data={"csrf": await csrf(client, page)})).text()
    (secret,) = re.findall(r"<code>(whsec_[^<]+)</code>", shown)
    for address in (page, LIST, "/admin/audit", "/admin"):
        assert secret not in await text(client, address)

    def everything(tx: Connection) -> str:
        tables = tx.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'" if tx.dialect.name == "sqlite"
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )  # fmt: skip
        return str([tx.exec_driver_sql(f'SELECT * FROM "{name}"').all() for (name,) in tables.all()])

    assert secret not in await house.database.read(everything)
    await tell(house)
    await settled(house, clock)
    sent = receiver.taken[-1]
    for each in (secret, SECRET):
        assert Verifier(each).verify(sent.body, sent.headers)["type"] == "record.published"


async def test_a_letter_is_shown_without_its_secret_and_not_sent_again(
    client: TestClient, house: House, mailbox: Mailbox, clock: SetClock
) -> None:
    profile = await set_up(house, settings_of(mailbox))
    await ask(house)
    await settled(house, clock)
    (sent,) = await found(house)
    await login(client)
    page = await text(client, f"{LIST}/{sent.id}")
    assert "mendel@example.org" in page
    assert "topsecret" not in page
    assert "Send again" not in page
    answer = await client.post(
        f"{LIST}/{sent.id}/again", data={"csrf": await csrf(client, f"{LIST}/{sent.id}")}, allow_redirects=False
    )
    assert answer.status == 409
    answer = await client.post(f"{LIST}/to/{profile.id}/secret", data={"csrf": await csrf(client, LIST)}, allow_redirects=False)
    assert answer.status == 409


@pytest.mark.parametrize("page", ["999", "x", "9" * 40, "to/999", "to/x"])
async def test_what_is_not_there_is_not_found(client: TestClient, page: str) -> None:
    await login(client)
    assert (await client.get(f"{LIST}/{page}")).status == 404


async def test_a_paused_webhook_says_why(
    client: TestClient, house: House, receiver: Receiver, subscribe: Subscribe, clock: SetClock
) -> None:
    receiver.answers_challenge = False
    profile = await subscribe("Quiet")
    await settled(house, clock)
    await login(client)
    page = await text(client, f"{LIST}/to/{profile.id}")
    assert "did not repeat the challenge" in page
    assert "not answered yet" in page
    assert "paused" in await text(client, LIST)
    assert (await house.database.read(store.endpoint, profile.id)).succeeded is None
