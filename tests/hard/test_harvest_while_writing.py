"""A full harvest with sickle while another process deposits and edits: exactly the published set, once each, no gaps."""

import asyncio
import io
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from sickle import Sickle

from tests.conftest import SHARED
from tests.hard.servers import PASSWORD, ROOT, Server

RECORDS = int(os.environ.get("SHEAF_TEST_RECORDS") or 3000)
ACL = SHARED / "data" / "records" / "acl" / "acl-anthology-open.jsonl.zst"
WRITER = """
import asyncio, sys
from aiohttp import ClientSession, encode_basic_auth
from tests.conftest import entry

async def write(url, password):
    headers = {"Authorization": encode_basic_auth("depositor", password), "Content-Type": "application/atom+xml;type=entry"}
    async with ClientSession(headers=headers) as session:
        made = []
        for number in range(10**6):
            if number % 3 == 0 or not made:
                async with session.post(f"{url}/sword/v2/collection/works", data=entry(title=f"new {number}")) as answer:
                    assert answer.status == 201, await answer.text()
                    made.append(answer.headers["Location"].rpartition("/")[2])
                    print(made[-1], flush=True)
            else:
                async with session.put(f"{url}/sword/v2/edit/{made[number % len(made)]}", data=entry(title=f"edited {number}")) as answer:
                    assert answer.status == 200, await answer.text()

asyncio.run(write(*sys.argv[1:]))
"""


def lines(target: Path, count: int = RECORDS) -> int:
    """Turn the first records into import lines; return how many."""
    source = target.with_name("source.jsonl.zst")
    with ACL.open("rb") as raw:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8")
        some = list(itertools.islice(text, count))
    source.write_bytes(zstandard.compress("".join(some).encode()))
    subprocess.run([sys.executable, "-m", "bench.acl", str(source), str(target)], cwd=ROOT, check=True, capture_output=True)
    return len(some)


@pytest.mark.skipif(not ACL.exists(), reason="needs the ACL Anthology's records in SHEAF_SHARED")
@pytest.mark.timeout(120 + RECORDS // 200)
async def test_a_full_harvest_while_another_process_writes(tmp_path: Path, sqlite_template: Path) -> None:
    server = Server(tmp_path / "data")
    total = await asyncio.to_thread(lines, tmp_path / "acl.jsonl.zst")
    await asyncio.to_thread(server.start)
    writer = None
    try:
        bringing = server.command("import", str(tmp_path / "acl.jsonl.zst"))
        said, _ = await asyncio.to_thread(bringing.communicate)
        assert f"{total:,} new" in said, said
        harvester = Sickle(f"{server.url}/oai")
        before = [h.identifier for h in await asyncio.to_thread(lambda: list(harvester.ListIdentifiers(metadataPrefix="oai_dc")))]
        assert len(before) == len(set(before)) == total
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, server.url, PASSWORD], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        first = await asyncio.to_thread(writer.stdout.readline)
        found = await asyncio.to_thread(lambda: list(harvester.ListRecords(metadataPrefix="oai_dc")))
        assert writer.poll() is None, "the writer wrote to the end"
        writer.terminate()
        out, _ = await asyncio.to_thread(writer.communicate)
        new = {f"oai:repository.example.org:{number}" for number in (first + out).split()}
        ids = [record.header.identifier for record in found]
        assert len(ids) == len(set(ids)), "once each"
        assert set(before) <= set(ids), "no gap"
        assert set(ids) <= set(before) | new, "nothing that was not published"
        assert new & set(ids), "what was deposited before the harvest began is in it, or this shows nothing"
        print(
            f"{len(ids)} records harvested with sickle, each once; {len(new)} works deposited meanwhile by another process; {said.strip()}"
        )
    finally:
        if writer is not None and writer.poll() is None:
            writer.kill()
            writer.communicate()
        await asyncio.to_thread(server.stop)
