"""An archive of very many files is understood in flat memory: a process of its own takes it apart and hardly grows.

`make hard` sends 100,000, the most that are allowed; a run without it only looks at whether all arrive.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ENTRIES = int(os.environ.get("SHEAF_TEST_ENTRIES") or 2_000)
BYTES_EACH = 2_000
"""What a file's line in the list of entries, its names and its digests may take; its bytes may take nothing."""
SPARE = 24 * 2**20

ROOT = Path(__file__).resolve().parents[2]
#: Nothing is flushed: how fast the disk is, other tests look at.
PROGRAM = """
import os, sys, tarfile, threading, time, zipfile, io
os.fsync = lambda descriptor: None
from pathlib import Path
from server.metadata.reading import readers
from server.records.files import DiskStore, Received
from server.sword.package import Arrived, packagings
from server.sword.understand import Opened, Understanding

def anonymous():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) * 1024

folder, kind, entries = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
path = folder / "many"
names = (f"data/folder {number // 1000:03}/measurement number {number:06}.csv" for number in range(entries))
if kind == "zip":
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), name)
    del archive
else:
    with tarfile.open(path, "w:" + kind.partition(".")[2]) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            archive.addfile(info, io.BytesIO(name.encode()))
            archive.members.clear()
    del archive
understanding = Understanding(readers(), packagings(), DiskStore(folder))
arrived = Arrived(path, Received(path, path.stat().st_size, "0" * 64, "0" * 32), "many." + kind, "application/octet-stream")
before = most = anonymous()
done = False
def watch():
    global most
    while not done:
        most = max(most, anonymous())
        time.sleep(0.01)
watching = threading.Thread(target=watch)
watching.start()
content = understanding.content(Opened(payload=arrived, packaging="http://purl.org/net/sword/package/SimpleZip"))
done = True
watching.join()
print(len(content.files), most - before)
"""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the system does not tell a process's anonymous memory in /proc"
)
def test_many_entries_are_understood_in_flat_memory(tmp_path: Path, kind: str) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), kind, str(ENTRIES)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    files, grown = map(int, result.stdout.split())
    print(f"{files} files in a {kind}: memory grew by {grown / 2**20:.1f} MB, {grown / files:.0f} bytes a file")
    assert files == ENTRIES
    assert grown < SPARE + BYTES_EACH * ENTRIES
