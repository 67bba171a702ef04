"""A large body goes to disk and not into memory: a server process of its own takes 300 MB and hardly grows."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from tests.conftest import AUTH
from tests.sword.conftest import PDF, SIMPLE_ZIP, ZIP

MEGABYTES = int(os.environ.get("SHEAF_TEST_MEGABYTES") or 300)
MOST_GROWTH = 32
PIECE = bytes(range(256)) * 4096
PROGRAM = """
import asyncio, sys
from aiohttp import web
from server.accounts import store
from server.accounts.model import Role
from server.app import open_house
from server.rooms import web_application
from server.clock import now
from server.db.migrate import migrate
from server.settings import Settings
from tests.conftest import HASH

async def serve(folder):
    settings = Settings(data=folder, secret_key="only for tests")
    async with open_house(settings) as house:
        await house.database.write(store.add, "depositor", Role.DEPOSITOR, HASH, now())
        runner = web.AppRunner(web_application(house))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        await runner.cleanup()

migrate(Settings(data=sys.argv[1]).database)
asyncio.run(serve(sys.argv[1]))
"""


async def pieces(megabytes: int = MEGABYTES) -> AsyncIterator[bytes]:
    for _ in range(megabytes):
        yield PIECE


async def multipart() -> AsyncIterator[bytes]:
    """An entry and a payload that is no zip: it is taken apart and held, and never was in memory."""
    yield b"--b1\r\nContent-Type: application/atom+xml\r\n\r\n<entry xmlns='http://www.w3.org/2005/Atom'><title>Peas</title></entry>\r\n"
    yield f"--b1\r\nContent-Disposition: attachment; filename=peas.zip\r\nPackaging: {SIMPLE_ZIP}\r\n\r\n".encode()
    async for piece in pieces(MEGABYTES // 4):
        yield piece
    yield b"\r\n--b1--\r\n"


def memory(pid: int) -> dict[str, int]:
    """A process's memory in megabytes, by name."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {
        name: int(rest.split()[0]) // 1024 for name, _, rest in (line.partition(":") for line in lines) if rest.endswith(" kB")
    }


@pytest.mark.timeout(120 + MEGABYTES // 4)
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the system does not tell a process's anonymous memory in /proc"
)
async def test_a_large_body_does_not_grow_the_process(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(tmp_path), cwd=root, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 30))
        address = f"http://127.0.0.1:{port}/sword/v2/collection/works"
        async with ClientSession(headers=AUTH, timeout=ClientTimeout(total=100 + MEGABYTES // 5)) as session:
            async with session.post(address, data=b"warm", headers=ZIP) as response:
                assert response.status == 201
            before = memory(process.pid)["RssAnon"]
            most = before
            for body, headers in ((pieces(), PDF), (multipart(), {"Content-Type": "multipart/related; boundary=b1"})):
                sending = asyncio.create_task(session.post(address, data=body, headers=headers))
                while not sending.done():
                    most = max(most, memory(process.pid)["RssAnon"])
                    await asyncio.sleep(0.02)
                assert (await sending).status == 201, await (await sending).text()
            assert most - before < MOST_GROWTH
            print(f"a body of {MEGABYTES} MB and a multipart of {MEGABYTES // 4} MB: memory grew by {most - before} MB")
        assert sum(path.stat().st_size for path in (tmp_path / "files").rglob("*") if path.is_file()) > MEGABYTES * 5 // 4 * 2**20
        assert not list((tmp_path / "spool").iterdir())
    finally:
        process.stdin.close()
        await process.wait()
