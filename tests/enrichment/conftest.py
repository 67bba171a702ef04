"""A simulated ORCID with a few botanists in it, and a house whose profile asks it."""

from collections.abc import AsyncIterator

import pytest

from server.audit.log import OPERATOR
from server.enrichment import asking
from server.enrichment.kind import KIND, SERVERS, PublicApi
from server.house import House
from server.identifiers.model import Pace
from server.profiles import keeping
from server.profiles.model import Naming
from tests.fakes.orcid_public import CLIENT, SECRET, FakePublicOrcid, Post, Somebody, Work

ABBEY = "Abbey of St Thomas"
GREGOR = Somebody(
    "0000-0002-1825-0097", "Gregor Johann", "Mendel", posts=(Post(ABBEY), Post("Realschule Brno", ended="1968")),
    works=(Work("Experiments in plant hybridization", "10.5072/peas"),),
)  # fmt: skip
OTHER = Somebody("0000-0001-5109-3700", "Gregor", "Mendel", posts=(Post("University of Nowhere"),))
CARL = Somebody("0000-0003-1613-5981", "Carl", "von Nägeli", others=("Karl Nägeli",), posts=(Post("LMU Munich"),))
LOCKED = Somebody("0000-0002-9079-593X", "Gregor", "Mendel", status=409)


@pytest.fixture
async def orcid(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakePublicOrcid]:
    fake = FakePublicOrcid(GREGOR, OTHER, CARL, LOCKED)
    await fake.start()
    monkeypatch.setitem(SERVERS, "production", (fake.url, f"{fake.url}/v3.0"))
    yield fake
    await fake.stop()


async def profiled(house: House, **more: str) -> None:
    """Make the profile that asks the simulator, as what it is in production; `endpoint`: as one for trials."""
    settings = PublicApi(
        client_id=CLIENT, client_secret=more.get("secret", SECRET), endpoint=more.get("endpoint", ""),
        environment="sandbox" if "endpoint" in more else "production",
    )  # fmt: skip
    keeper = house.keeper
    naming = Naming(profile_name="ORCID search")
    await keeper.do(keeping.make, keeper.desk, KIND, naming, settings, OPERATOR)


@pytest.fixture
async def asked(house: House, orcid: FakePublicOrcid, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house with its profile; it may ask as fast as it likes, as its clock stands still."""
    monkeypatch.setattr(asking, "PACE", Pace(100_000, 1.0, 100_000))
    await profiled(house)
    return house
