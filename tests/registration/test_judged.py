"""A document its agency's schema refuses is sent to nobody: its DOI is rejected here, by field, and goes on once it is mended."""

from collections.abc import AsyncIterator

import pytest

from server import control
from server.house import House
from server.identifiers import ledger
from server.identifiers.judging import Judge
from server.identifiers.mint import REGISTER
from server.identifiers.model import State
from tests.conftest import Deposit
from tests.fakes.datacite import FakeDatacite, Repository
from tests.fakes.datacite_schema import XSD

pytestmark = pytest.mark.skipif(not XSD.exists(), reason="the stand-in for DataCite needs kernel 4.7 of SHEAF_SHARED")


@pytest.fixture
async def agency() -> AsyncIterator[FakeDatacite]:
    fake = FakeDatacite(Repository())
    await fake.start()
    yield fake
    await fake.stop()


async def test_what_the_schema_refuses_is_rejected_and_not_sent(
    deposit: Deposit, house: House, agency: FakeDatacite, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"prefix": "10.82433", "account_id": "INST.REPO", "password": "correct horse", "environment": "test"}
    await control.profile_set(house, control.ProfileSet(kind="datacite", name="DOIs", values=values | {"endpoint": agency.url}))
    said = "DataCite would refuse it: titles: Missing child element(s)."
    with monkeypatch.context() as patch:
        patch.setattr(Judge, "refusal", lambda _judge, _agency, document: said if b"<resource" in document else "")
        number = await deposit(type="Dataset")
        await house.worker.drain()
    [entry] = await house.database.read(ledger.of_record, number)
    assert (entry.state, entry.message) == (State.REJECTED, said)
    assert agency.log == []
    assert await house.worker.do(REGISTER, str(entry.id))
    [entry] = await house.database.read(ledger.of_record, number)
    assert entry.state is State.REGISTERED
