"""kill -9 at any moment: what was answered 2xx is there whole, what was not is nowhere half."""

import asyncio
import io
import os
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth
from lxml import etree

from tests.conftest import entry
from tests.hard.servers import PASSWORD, Server

ROUNDS = int(os.environ.get("SHEAF_TEST_ROUNDS") or 2)
AT_ONCE = 200
AUTH = {"Authorization": encode_basic_auth("depositor", PASSWORD)}
NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/", "a": "http://www.w3.org/2005/Atom"}


@dataclass(frozen=True)
class Sent:
    """A deposit as it was sent: a title nobody else has, and its files' bytes."""

    title: str
    files: tuple[tuple[str, bytes], ...]

    def request(self) -> tuple[bytes, dict[str, str]]:
        described = entry(title=self.title)
        if not self.files:
            return described, {"Content-Type": "application/atom+xml;type=entry"}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("oai_dc.xml", _DC.format(self.title))
            for name, data in self.files:
                archive.writestr(name, data)
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": "attachment; filename=work.zip",
            "Packaging": "http://purl.org/net/sword/package/SimpleZip",
        }
        return packed.getvalue(), headers


_DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:title>{}</dc:title><dc:type>Dataset</dc:type></oai_dc:dc>"
)


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path / "data", database_url)
    yield found
    if found.process is not None and found.process.poll() is None:
        found.kill()


def made(round_: int, number: int, chance: random.Random) -> Sent:
    files = tuple((f"part{n}.bin", chance.randbytes(chance.randint(0, 40_000))) for n in range(chance.choice((0, 1, 3))))
    return Sent(f"work {round_}-{number}", files)


async def send(session: ClientSession, server: Server, sent: Sent, answered: dict[str, Sent], delay: float) -> None:
    await asyncio.sleep(delay)
    body, headers = sent.request()
    try:
        async with session.post(f"{server.url}/sword/v2/collection/works", data=body, headers=headers) as answer:
            if answer.status < 300:
                answered[answer.headers["Location"].rpartition("/")[2]] = sent
    except (ClientError, OSError, TimeoutError):
        return  # killed before it was answered: nothing was promised


async def whole(session: ClientSession, server: Server, number: str, sent: Sent) -> None:
    """Look at one deposit from outside: receipt, files, OAI record."""
    async with session.get(f"{server.url}/sword/v2/edit/{number}") as answer:
        assert answer.status == 200, (number, answer.status)
        assert etree.fromstring(await answer.read()).xpath("string(a:title)", namespaces=NS) == sent.title
    async with session.get(f"{server.url}/sword/v2/edit-media/{number}") as answer:
        with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == dict(sent.files)


async def listed(session: ClientSession, server: Server) -> dict[str, str]:
    """Every record of the list, by id, with its title."""
    found, query = {}, {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
    while query:
        async with session.get(f"{server.url}/oai", params=query) as answer:
            root = etree.fromstring(await answer.read())
        for record in root.iterfind(".//o:record", NS):
            number = record.findtext("o:header/o:identifier", namespaces=NS).rpartition(":")[2]
            assert number not in found, "once each"
            found[number] = record.findtext(".//dc:title", namespaces=NS)
        token = root.findtext(".//o:resumptionToken", namespaces=NS)
        query = {"verb": "ListRecords", "resumptionToken": token} if token else {}
    return found


@pytest.mark.timeout(60 + 40 * ROUNDS)
async def test_what_was_answered_is_whole_and_nothing_is_half_there(server: Server) -> None:
    chance = random.Random(20261122)
    answered: dict[str, Sent] = {}
    sent_by_title: dict[str, Sent] = {}
    killed_early = 0
    async with ClientSession(headers=AUTH, timeout=ClientTimeout(total=60)) as session:
        for round_ in range(ROUNDS):
            server.start()
            works = [made(round_, number, chance) for number in range(AT_ONCE)]
            sent_by_title |= {work.title: work for work in works}
            before = len(answered)
            sending = [asyncio.create_task(send(session, server, work, answered, chance.uniform(0, 1.5))) for work in works]
            # The first kill comes before all are sent, however fast the machine is.
            await asyncio.sleep(0.8 if round_ == 0 else chance.uniform(0.5, 4.0))
            server.kill()
            await asyncio.gather(*sending)
            killed_early += len(answered) - before < AT_ONCE
        server.start()
        records = await listed(session, server)
        assert answered.keys() <= records.keys(), "what was answered 2xx is published"
        titles = list(records.values())
        assert len(titles) == len(set(titles)), "nothing is there twice"
        for number, title in records.items():
            await whole(session, server, number, sent_by_title[title])
        assert killed_early, "at least one round was cut short, or this shows nothing"
        print(f"{ROUNDS} rounds, {ROUNDS * AT_ONCE} deposits sent, {len(answered)} answered 2xx, {len(records)} works, all whole")
    assert server.stop() == 0
