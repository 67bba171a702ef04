"""Every command that the documentation shows for SWORD 3.0 does what it says there."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from tests.conftest import PASSWORD
from tests.sword.v3.conftest import PDF

PAGE = Path(__file__).resolve().parents[3] / "docs" / "depositing.md"
SHOWN = re.findall(r"^```sh\n(curl .*?)^```", PAGE.read_text().partition("## SWORD 3")[2], re.DOTALL | re.MULTILINE)


async def test_the_commands_of_the_documentation_are_accepted(client: TestClient, tmp_path: Path) -> None:
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("curl or openssl is not installed")
    (tmp_path / "peas.pdf").write_bytes(PDF)
    here = str(client.make_url("")).rstrip("/")
    said = []
    for command in SHOWN:
        line = command.replace("https://repository.example.org", here).replace("PASSWORD", f"'{PASSWORD}'")
        line = line.replace("curl ", "curl -s -o /dev/null -w '%{http_code}' ", 1).replace("-D - ", "")
        run = await asyncio.create_subprocess_shell(line, cwd=tmp_path, stdout=asyncio.subprocess.PIPE)
        out, _ = await asyncio.wait_for(run.communicate(), 30)
        said.append(out.decode())
    assert said == ["201", "201", "202", "201"]
