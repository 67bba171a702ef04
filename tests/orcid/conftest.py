"""What the tests of ORCID share: the simulator, a profile for it, a person with an account, works that name them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from server.accounts import store as accounts
from server.accounts.model import Account, Role
from server.audit.log import OPERATOR
from server.house import House
from server.orcid import links
from server.orcid.model import Grant, Linked
from server.orcid.settings import PLACES, Orcid, Places
from server.orcid.sweep import push
from server.people import keeping
from server.people.model import Person, PersonId
from server.people.store import Kept
from server.profiles import keeping as profiles
from tests.conftest import HASH, SetClock
from tests.fakes.orcid import CLIENT, MENDEL, SCOPES, SECRET, FakeOrcid
from tests.people.visits import LIBRARIAN, person

IRI = f"https://orcid.org/{MENDEL}"
GREGOR = Person(family="Mendel", given="Gregor", ids=(PersonId(value=IRI),))


@pytest.fixture
async def fake() -> AsyncIterator[FakeOrcid]:
    server = FakeOrcid()
    await server.start()
    yield server
    await server.stop()


@dataclass
class Desk:
    """A house with a client at the simulator, and somebody with an account who is a person."""

    house: House
    fake: FakeOrcid
    clock: SetClock
    account: Account
    who: Kept

    async def settings(self, **fields: Any) -> Orcid:
        values = {"client_id": CLIENT, "client_secret": SECRET, "target": "sandbox", "endpoint": self.fake.url} | fields
        keeper = self.house.keeper
        await keeper.do(profiles.put, keeper.desk, keeper.kinds["orcid"], "ORCID", values, OPERATOR)
        return Orcid(**values)

    async def link(self, orcid: str = MENDEL, who: Kept | None = None) -> Linked:
        """Link as if the person had come back from ORCID."""
        token = self.fake.grant(orcid)
        grant = Grant(orcid, token, SCOPES, "Gregor Mendel")
        return await self.house.database.write(self._link, grant, (who or self.who).id)

    def _link(self, tx: Any, grant: Grant, number: int) -> Linked:
        now = self.clock()
        made = links.link(tx, self._known, self.house.seal, number, grant, LIBRARIAN, now)
        push(tx, number, now)
        return made

    @property
    def _known(self) -> Orcid:
        return Orcid(client_id=CLIENT, client_secret=SECRET, target="sandbox", endpoint=self.fake.url)

    async def settle(self) -> None:
        """Let hours pass, and whatever becomes due be done."""
        for _ in range(8):
            await self.house.worker.drain()
            self.clock.pass_time(minutes=31)
        await self.house.worker.drain()


@pytest.fixture
async def desk(house: House, fake: FakeOrcid, clock: SetClock) -> Desk:
    account = await house.database.write(accounts.add, "gregor", Role.RESEARCHER, HASH, clock())
    who = await person(house, GREGOR)
    await house.database.write(keeping.set_account, who.id, account.id, LIBRARIAN, clock())
    made = Desk(house, fake, clock, account, who)
    await made.settings()
    return made


@pytest.fixture
def registry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the simulator be ORCID's registry itself, not its sandbox."""
    monkeypatch.setitem(PLACES, "production", Places(desk.fake.url, f"{desk.fake.url}/v3.0"))
