"""What IRUS reads: works are asked for by their rft.artnum, on a sample or in a set, and the failing ones are named."""

import pytest
from aiohttp.test_utils import TestClient

from server.audit.log import OPERATOR
from server.errors import Invalid
from server.house import House
from server.metadata.ruling import Facts
from server.oai.irus import NAME, Check, judged
from server.runs import store as runs
from server.runs.model import Item, Outcome, Run, RunState
from tests.admin.visits import login
from tests.conftest import URL
from tests.items.test_pages import publish
from tests.items.works import RICH

ARTNUM = "oai:repository.example.org:01J00000000000000000000001"
ANSWER = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><header{status}><identifier>{artnum}</identifier>
<datestamp>2026-03-14</datestamp></header><metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Peas</dc:title><dc:type>{type}</dc:type>{identifiers}</oai_dc:dc></metadata></record>
</GetRecord></OAI-PMH>"""
PAGE = f"<dc:identifier>{URL}/items/01J00000000000000000000001</dc:identifier>"
DOI = "<dc:identifier>https://doi.org/10.5072/{}</dc:identifier>"


def number(n: int) -> str:
    return f"01J000000000000000000000{n:02}"


async def check(house: House, **fields: object) -> tuple[Run, list[Item]]:
    begun = await house.database.write(runs.start, house.tasks.get(NAME), Check(**fields), OPERATOR, house.clock())
    await house.worker.drain()
    run = await house.database.read(runs.get, begun.id)
    return run, await house.database.read(lambda tx: runs.items(tx, begun.id, limit=1000))


def answer(status: str = "", artnum: str = ARTNUM, type: str = "Journal article", identifiers: str = PAGE) -> bytes:  # noqa: A002
    return ANSWER.format(status=status, artnum=artnum, type=type, identifiers=identifiers).encode()


@pytest.mark.parametrize(
    ("given", "outcome", "said"),
    [
        (answer(), Outcome.CHANGED, ""),
        (answer(identifiers=PAGE + DOI.format(1)), Outcome.CHANGED, ""),
        (answer(identifiers=PAGE + DOI.format(1) + DOI.format(2)), Outcome.FAILED, "second DOI"),
        (answer(identifiers=DOI.format(1) + PAGE), Outcome.FAILED, "not the page of the item"),
        (answer(type="info:eu-repo/semantics/other"), Outcome.FAILED, "No dc:type is as granular"),
        (answer(artnum=ARTNUM[:-1] + "2"), Outcome.FAILED, "answers with oai:"),
        (answer(status=' status="deleted"'), Outcome.FAILED, "deleted"),
        (b"<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><error code='idDoesNotExist'>None</error></OAI-PMH>",
         Outcome.FAILED, "idDoesNotExist: None"),
        (b"<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'/>", Outcome.FAILED, "without a record"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(given: bytes, outcome: Outcome, said: str) -> None:
    found = judged(given, ARTNUM, Facts(URL))
    assert found.outcome is outcome
    assert said in found.message


async def test_our_own_works_are_as_irus_wants_them(house: House, client: TestClient) -> None:
    for n in range(1, 4):
        await publish(house, RICH, number(n))
    run, items = await check(house, first=0)
    assert (run.counts.changed, run.counts.done) == (3, 3), items
    await login(client)
    page = await (await client.get("/admin/harvests/irus")).text()
    assert "Looked at: 3; in order: 3; not in order: 0." in page


async def test_a_sample_is_spread_over_all_works(house: House) -> None:
    for n in range(1, 11):
        await publish(house, RICH, number(n))
    _, items = await check(house, first=3)
    assert [item.subject.id for item in items] == [number(4), number(8), number(10)]
    _, items = await check(house, first=100)
    assert len(items) == 10


async def test_a_set_is_checked(house: House) -> None:
    await publish(house, RICH, number(1))
    await publish(house, RICH, number(2))
    spec = "irus-orcid"
    assert spec in (await house.database.read(house.tasks.get(NAME).choices))["set"]
    _, items = await check(house, set=spec)
    assert {item.subject.id for item in items} == {number(1), number(2)}
    with pytest.raises(Invalid, match="no such set"):
        await check(house, set="nothing")


async def test_a_failing_work_is_named_with_what_is_wrong(
    house: House, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(house, RICH, number(1))
    monkeypatch.setattr(type(house.press.renderer.repository), "oai_id", lambda _self, record_id: f"oai:elsewhere:{record_id}")
    run, (item,) = await check(house)
    assert (run.state, item.outcome) == (RunState.FAILED, Outcome.FAILED)
    await login(client)
    page = await (await client.get("/admin/harvests/irus")).text()
    assert "Looked at: 1; in order: 0; not in order: 1." in page
    assert "idDoesNotExist" in page
    assert f'href="/admin/works/{number(1)}"' in page


async def test_before_any_check_the_page_says_so(client: TestClient) -> None:
    await login(client)
    page = await (await client.get("/admin/harvests/irus")).text()
    assert "No check was done yet." in page
    assert "/admin/jobs/start/check-irus" in page
