"""A forgotten password: the link goes to the account's address only, once, and whoever asks learns nothing."""

import json
import re

from aiohttp.test_utils import TestClient
from sqlalchemy import select

from server.accounts import failures, keeping, store
from server.audit.log import OPERATOR
from server.house import House
from server.notify.mail import Mail
from server.notify.tables import deliveries
from server.profiles import store as profiles
from tests.admin.visits import csrf, login
from tests.conftest import SetClock

GOOD = {"password": "seven traits of peas", "again": "seven traits of peas"}


async def mailed(house: House) -> list[tuple[str, str]]:
    """The letters that wait: to whom, and the link that is sealed in each."""
    rows = await house.database.read(
        lambda tx: tx.execute(select(deliveries.c.document, deliveries.c.sealed).order_by(deliveries.c.id)).all()
    )
    return [(json.loads(row.document)["to"][0], json.loads(house.seal.open(row.sealed))["link"]) for row in rows]


async def with_mail(house: House) -> None:
    mail = Mail(host="127.0.0.1", port=1, security="none", sender="sheaf@example.org")
    await house.database.write(profiles.save, "mail", "Mail", mail, house.seal, house.clock())
    await house.database.write(keeping.give_email, OPERATOR, "depositor", "mendel@abbey.example", house.clock())


async def ask(client: TestClient, email: str):
    return await client.post("/login/forgotten", data={"email": email}, allow_redirects=False)


async def test_the_link_goes_to_the_owner_and_nobody_learns_who_has_an_account(client: TestClient, house: House) -> None:
    await with_mail(house)
    known, unknown = await ask(client, " Mendel@Abbey.example "), await ask(client, "nobody@abbey.example")
    assert (known.status, known.headers["Location"]) == (unknown.status, unknown.headers["Location"]) == (303, "/login?asked=1")
    ((to, link),) = await mailed(house)
    assert to == "mendel@abbey.example"
    word = re.fullmatch(r"https://repository\.example\.org/login/password\?ticket=([\w-]{43})", link)[1]
    for _ in range(6):
        await house.database.write(failures.failed, "depositor", "127.0.0.1", house.clock())
    answer = await client.post("/login/password", data=GOOD | {"ticket": word}, allow_redirects=False)
    assert answer.headers["Location"] == "/login?set=1"
    assert (await login(client, "depositor", GOOD["password"])).status == 303, "nor does anybody wait any more"
    assert (await client.post("/login/password", data=GOOD | {"ticket": word})).status == 410


async def test_a_mailbox_is_not_flooded(client: TestClient, house: House, clock: SetClock) -> None:
    await with_mail(house)
    for _ in range(6):
        assert (await ask(client, "mendel@abbey.example")).status == 303
    assert len(await mailed(house)) == 3
    clock.pass_time(hours=2)
    assert (await ask(client, "mendel@abbey.example")).status == 303
    assert len(await mailed(house)) == 4
    for number in range(30):
        await ask(client, f"{number}@abbey.example")
    await house.database.write(keeping.give_email, OPERATOR, "other", "other@abbey.example", clock())
    await ask(client, "other@abbey.example")
    assert len(await mailed(house)) == 4, "who asks for all the world gets nothing"


async def test_an_account_that_is_off_gets_no_link(client: TestClient, house: House) -> None:
    await with_mail(house)
    await house.database.write(store.set_active, "depositor", False)
    await ask(client, "mendel@abbey.example")
    for junk in ("", "\x00", "a" * 5000, "x\r\nBcc: y@z.example", "é@é"):
        assert (await ask(client, junk)).status == 303
    assert await mailed(house) == []


async def test_without_a_mail_server_it_is_said(client: TestClient, house: House) -> None:
    await house.database.write(keeping.give_email, OPERATOR, "depositor", "mendel@abbey.example", house.clock())
    answers = [await ask(client, address) for address in ("mendel@abbey.example", "nobody@abbey.example")]
    assert [answer.status for answer in answers] == [409, 409], "to everybody alike"
    assert "An administrator can set a new password" in await answers[0].text()


async def test_an_invitation_by_mail_proves_the_address(client: TestClient, house: House) -> None:
    await with_mail(house)
    await login(client)
    data = {"csrf": await csrf(client, "/admin/accounts/add"), "name": "gregor", "role": "researcher", "way": "mail"}
    answer = await client.post("/admin/accounts/add", data=data)
    assert answer.status == 422, "it needs an address"
    answer = await client.post("/admin/accounts/add", data=data | {"email": "gregor@abbey.example"}, allow_redirects=False)
    assert answer.status == 303
    ((to, link),) = await mailed(house)
    assert to == "gregor@abbey.example"
    assert "Welcome" in await (await client.get(link.removeprefix("https://repository.example.org"))).text()
