"""The daily letter: at its hour, once, with what is stuck and what happened since the last."""

from datetime import UTC, datetime, timedelta

import pytest

from server.audit.log import OPERATOR
from server.house import House
from server.jobs.tables import jobs
from server.notify.digest import next_time
from server.profiles import keeping
from server.profiles import store as profiles
from tests.admin.visits import deposit_faulty
from tests.conftest import AUTH, SetClock, entry
from tests.notify.conftest import found, tell
from tests.notify.test_mail import Mailbox, mailbox, set_up, settings_of

__all__ = ["mailbox"]
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")


def test_the_next_time_is_after_this_one() -> None:
    six = datetime(2026, 3, 14, 6, tzinfo=UTC)
    assert next_time(6, six - timedelta(seconds=1)) == six
    assert next_time(6, six) == six + timedelta(days=1)
    assert next_time(0, datetime(2026, 12, 31, 23, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


async def at(house: House, clock: SetClock, **moved: float) -> None:
    clock.pass_time(**moved)
    while await house.worker.drain():
        pass


async def test_a_letter_a_day_tells_what_is_stuck_and_what_happened(
    house: House, mailbox: Mailbox, clock: SetClock, client
) -> None:
    await set_up(house, settings_of(mailbox, digest=True, digest_hour=10))  # it is 9:26
    await tell(house, 25, "import.failed")
    await tell(house, 3, "record.published")  # not asked for
    await deposit_faulty(client)
    await at(house, clock, minutes=5)
    assert mailbox.letters == []
    await at(house, clock, minutes=30)
    ((envelope, letter),) = mailbox.letters
    assert envelope.rcpt_tos == ["noether@example.org", "curie@example.org"]
    assert letter["Subject"] == "Sheaf: the last day"
    text = letter.get_body(("plain",)).get_content()
    assert "1 import held" in text
    assert "An import failed: 26" in text
    assert "Peas 19" in text
    assert "Peas 20" not in text
    assert "and 6 more" in text
    assert "published" not in text
    page = letter.get_body(("html",)).get_content()
    assert "An import failed: 26" in page
    await tell(house, 2, "import.failed")
    await at(house, clock, hours=24)
    assert "An import failed: 2\n" in mailbox.letters[1][1].get_body(("plain",)).get_content().replace("\r", "")


async def test_failures_of_one_cause_are_one_line(house: House, mailbox: Mailbox, clock: SetClock, client) -> None:
    await set_up(house, settings_of(mailbox, digest=True, digest_hour=10))
    for number in range(3):
        await deposit_faulty(client, b"PK\x03\x04 not a zip" + bytes([number]))
    for number in range(2):
        sent = {
            "data": entry(title=f"Peas {number}", type="Vademecum"),
            "headers": AUTH | {"Content-Type": "application/atom+xml"},
        }
        assert (await client.post("/sword/v2/collection/works", **sent)).status == 201
    await at(house, clock, minutes=35)
    ((_, letter),) = mailbox.letters
    text = letter.get_body(("plain",)).get_content()
    assert "An import failed: 5" in text
    assert "3 × Damaged archive" in text
    assert "2 × Unknown type: Vademecum" in text
    assert text.index("3 ×") < text.index("2 ×")


async def test_a_day_without_anything_to_say_has_no_letter(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox, digest=True, digest_hour=10))
    await at(house, clock, hours=1)
    await at(house, clock, hours=24)
    assert mailbox.letters == []
    assert await found(house) == []


async def test_after_an_absence_one_letter_tells_of_all(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox, digest=True, digest_hour=10))
    await at(house, clock, hours=1)
    await tell(house, 4, "import.failed")
    await at(house, clock, days=3)
    await at(house, clock, minutes=1)
    assert len(mailbox.letters) == 1
    assert "An import failed: 4" in mailbox.letters[0][1].get_body(("plain",)).get_content()


@pytest.mark.parametrize("ending", ["off", "unwanted", "deleted"])
async def test_it_ends_with_its_profile(house: House, mailbox: Mailbox, clock: SetClock, ending: str) -> None:
    profile = await set_up(house, settings_of(mailbox, digest=True, digest_hour=10))
    await tell(house, 1, "import.failed")
    if ending == "off":
        await house.database.write(profiles.enable, profile.name, clock(), enabled=False)
    elif ending == "deleted":
        await house.keeper.do(keeping.delete, house.keeper.desk, profile.id, OPERATOR)

        def asked(tx):
            return list(tx.execute(jobs.select().where(jobs.c.kind.in_(["digest", "deliver"]), jobs.c.state != "done")))

        assert await house.database.read(asked) == []
    else:
        await set_up(house, settings_of(mailbox))
    await at(house, clock, days=1)
    assert mailbox.letters == []

    def waiting(tx):
        return list(tx.execute(jobs.select().where(jobs.c.kind == "digest", jobs.c.state != "done")))

    assert await house.database.read(waiting) == []
