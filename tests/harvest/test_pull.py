"""Another repository is pulled in: over several parts, through overload, with its deletions, and only once."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from server.errors import Invalid, Unavailable
from server.harvest import pull
from server.harvest.batch import Bare
from server.harvest.pull import Source, parts
from server.harvest.sources import Bad
from server.house import House
from server.metadata.reading import readers
from server.records.model import decode
from tests.conftest import AUTH, Deposit

SHELF = readers()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as opened:
        yield opened


async def everything(session: ClientSession, source: Source) -> list[Bare | Bad]:
    return [found async for part in parts(session, source, SHELF) for found in part.found]


@pytest.mark.parametrize("prefix", ["oai_dc", "datacite"])
async def test_our_own_repository_is_pulled_whole(client, deposit: Deposit, house: House, prefix: str) -> None:
    numbers = [await deposit(title=f"work {n}") for n in range(12)]
    await client.delete(f"/sword/v2/edit/{numbers[3]}", headers=AUTH)
    async with ClientSession() as session:
        found = await everything(session, Source(str(client.make_url("/oai")), prefix))
    works = [each for each in found if isinstance(each, Bare) and each.reason is None]
    assert sorted(decode(work.document).title.value for work in works) == sorted(f"work {n}" for n in range(12) if n != 3)
    (gone,) = [each for each in found if isinstance(each, Bare) and each.reason is not None]
    assert gone.origin.endswith(numbers[3])


async def served(answers: list[web.Response | str]) -> TestServer:
    """A repository that gives these answers in turn, the last one for ever."""

    async def answer(_request: web.Request) -> web.Response:
        given = answers.pop(0) if len(answers) > 1 else answers[0]
        return given if isinstance(given, web.Response) else web.Response(text=given, content_type="text/xml")

    application = web.Application()
    application.add_routes([web.get("/oai", answer)])
    server = TestServer(application)
    await server.start_server()
    return server


EMPTY = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{}</OAI-PMH>'


async def test_overload_is_waited_out(session: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(pull.asyncio, "sleep", sleep)
    busy = web.Response(status=503, headers={"Retry-After": "7"})
    server = await served([busy, EMPTY.format('<error code="noRecordsMatch">none</error>')])
    try:
        assert await everything(session, Source(str(server.make_url("/oai")))) == []
        assert waits == [7.0]
    finally:
        await server.close()


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        (EMPTY.format('<error code="badArgument">no</error>'), Invalid, "badArgument"),
        ("<html/>", Invalid, "not an OAI-PMH"),
        ("no xml", Invalid, "cannot be read"),
        (web.Response(status=404), Invalid, "404"),
        (web.Response(status=500), Unavailable, "500"),
    ],
)
async def test_what_a_repository_says_is_said(
    session: ClientSession, monkeypatch: pytest.MonkeyPatch, answer: web.Response | str, error: type[Exception], word: str
) -> None:
    monkeypatch.setattr(pull, "ATTEMPTS", 1)
    server = await served([answer])
    try:
        with pytest.raises(error, match=word):
            await everything(session, Source(str(server.make_url("/oai"))))
    finally:
        await server.close()


async def test_a_bad_record_is_named_and_stops_nothing(session: ClientSession) -> None:
    record = "<record><header><identifier>oai:x:{0}</identifier></header><metadata>{1}</metadata></record>"
    dc = '<d:dc xmlns:d="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns="http://purl.org/dc/elements/1.1/"><title>ok</title></d:dc>'
    body = record.format(1, dc) + record.format(2, "<unknown/>") + record.format(3, "") + "<record/>"
    server = await served([EMPTY.format(f"<ListRecords>{body}</ListRecords>")])
    try:
        found = await everything(session, Source(str(server.make_url("/oai"))))
        assert [each.origin for each in found if isinstance(each, Bare)] == ["oai:x:1"]
        assert [each.place for each in found if isinstance(each, Bad)] == ["oai:x:2", "oai:x:3", "a record without identifier"]
    finally:
        await server.close()


async def test_nobody_there(session: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "ATTEMPTS", 2)

    async def sleep(_seconds: float) -> None:
        return None

    monkeypatch.setattr(pull.asyncio, "sleep", sleep)
    with pytest.raises(Unavailable, match="does not answer"):
        await everything(session, Source("http://127.0.0.1:9/oai"))
