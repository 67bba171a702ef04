"""However many identifiers an agency refuses, few letters say so; what it refuses of our account is said once."""

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection

from server import control
from server.events import telling
from server.house import House
from server.identifiers import gate
from server.identifiers.causes import cause_of
from server.identifiers.model import Confirmed, Failed, Fault, Pace
from tests.admin.identifiers.conftest import agency, registering
from tests.conftest import Deposit, SetClock
from tests.fakes.datacite import FakeDatacite, Mood
from tests.fakes.datacite_schema import XSD
from tests.notify.test_digest import at
from tests.notify.test_mail import Mailbox, mailbox, set_up, settings_of

__all__ = ["agency", "mailbox", "registering"]
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

MANY = 1000
TOLD = ("identifier.rejected", "identifier.blocked", "agency.down", "agency.back")


async def refused(house: House, first: int, last: int) -> None:
    """Let an agency refuse identifiers, in the words of one cause."""

    def tell(tx: Connection) -> None:
        for number in range(first, last):
            message = f"DataCite refuses 10.5073/{number:08}: publisher “{number} Peas” is not complete"
            data = {"scheme": "doi", "value": f"10.5073/{number:08}", "message": message, "cause": cause_of(message)}
            telling.tell(tx, "identifier.rejected", data["value"], data, house.clock())

    await house.database.write(tell)


async def test_a_thousand_refusals_at_once_are_one_letter_that_counts_them(
    house: House, mailbox: Mailbox, clock: SetClock
) -> None:
    await set_up(house, settings_of(mailbox, at_once=TOLD))
    await refused(house, 0, MANY)
    await at(house, clock, minutes=0)
    for _ in range(4):
        await at(house, clock, minutes=1)
    ((_, letter),) = mailbox.letters
    assert letter["Subject"] == "Sheaf: 1,000 events"
    assert "and 900 more" in letter.get_body(("plain",)).get_content()


async def test_refusals_that_come_for_hours_are_a_letter_an_hour(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox, at_once=TOLD))
    for part in range(18):  # three hours, a part every ten minutes
        await refused(house, part * 10, part * 10 + 10)
        await at(house, clock, minutes=10)
    await at(house, clock, hours=1)
    assert 3 <= len(mailbox.letters) <= 4
    assert sum(letter.get_body(("plain",)).get_content().count("An agency refused") for _, letter in mailbox.letters) == 180


async def test_an_agency_that_answers_now_and_then_is_few_letters(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox, at_once=TOLD))
    await house.database.write(gate.enter, 1, Pace(300, 300.0, 30), None, clock())
    for _ in range(30):  # an hour of three failures and an answer
        for outcome in [Failed(Fault.TRANSIENT, "Busy.", 503)] * gate.DOWN_AFTER + [Confirmed(200, "")]:
            await house.database.write(gate.told, 1, "Our DOIs", outcome, clock())
        await at(house, clock, minutes=2)
    await at(house, clock, hours=1)
    await at(house, clock, minutes=5)
    assert 2 <= len(mailbox.letters) <= 5
    said = "".join(letter.get_body(("plain",)).get_content() for _, letter in mailbox.letters)
    assert (said.count("An agency does not answer"), said.count("An agency answers again")) == (30, 30)


async def test_the_daily_letter_has_one_line_for_one_cause(house: House, mailbox: Mailbox, clock: SetClock) -> None:
    await set_up(house, settings_of(mailbox, digest=True, digest_hour=10))
    await refused(house, 0, MANY)
    await at(house, clock, minutes=40)
    ((_, letter),) = mailbox.letters
    text = letter.get_body(("plain",)).get_content()
    assert f"An agency refused the metadata of an identifier: {MANY}" in text.replace(",", "")
    assert f"{MANY} × DataCite refuses … publisher … is not complete" in text
    assert text.count("DataCite refuses") == 1


@pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")
async def test_wrong_credentials_and_an_outage_are_told_once_each(
    client: TestClient,
    house: House,
    mailbox: Mailbox,
    registering: House,
    agency: FakeDatacite,
    deposit: Deposit,
    clock: SetClock,
) -> None:
    assert client
    await set_up(house, settings_of(mailbox, at_once=TOLD))
    agency.mood = Mood.REFUSED
    for title in "abcdef":
        await deposit(title=title, type="Dataset")
    await at(house, clock, minutes=1)
    await at(house, clock, minutes=1)
    ((_, letter),) = mailbox.letters
    assert letter["Subject"] == "Sheaf: An agency refused our account"
    agency.mood = Mood.DOWN
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="Our DOIs", values={"password": "correct horse"}))
    for _ in range(8):
        await at(house, clock, minutes=2)
    assert [letter["Subject"] for _, letter in mailbox.letters[1:]] == ["Sheaf: An agency does not answer"]
    agency.mood = Mood.WELL
    for _ in range(4):
        await at(house, clock, minutes=2)
    assert [letter["Subject"] for _, letter in mailbox.letters[2:]] == ["Sheaf: An agency answers again"]
    assert len(agency.dois) == 6
