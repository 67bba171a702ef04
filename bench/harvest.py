"""A full gzip harvest of the ACL Anthology, beside bare aiohttp and nginx sending the same bytes.

`python -m bench.harvest [DATA FOLDER]`. Without a folder the records are taken from SHEAF_SHARED and imported first.
Ratios are what to look at; absolute figures are the machine's.
"""

import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Harvest, cpu_seconds, free_port, server, sheaf, walk

URL = os.environ.get("SHEAF_BASE_URL") or "https://repository.example.org"
"""The address the works of the data folder are known by; another would have them all rendered anew."""
ROUNDS = 3
REPEATS = 20
"""How often a yardstick sends its pages in a round: it is so fast that once could not be measured."""


def imported(folder: Path) -> Path:
    """Import the ACL records into a fresh data folder and print how fast that was."""
    shared = Path(os.environ.get("SHEAF_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    source = shared / "data" / "records" / "acl" / "acl-anthology-open.jsonl.zst"
    if not source.exists():
        sys.exit(f"The ACL records are not there: {source}. Set SHEAF_SHARED, or name a data folder that holds works.")
    lines = folder / "acl.jsonl.zst"
    subprocess.run([sys.executable, "-m", "bench.acl", str(source), str(lines)], check=True)
    data = folder / "data"
    environment = {**os.environ, "SHEAF_DATA": str(data), "SHEAF_BASE_URL": URL}
    answer = subprocess.run(
        [sys.executable, "-m", "server", "import", str(lines)], check=True, env=environment, capture_output=True, text=True
    )
    print("import:   ", answer.stdout.splitlines()[-1])
    return data


def fetch_all(port: int, process: int, count: int) -> Harvest:
    """Fetch `count` pages of a yardstick, one after the other, again and again."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    found, begun, before = Harvest(), time.perf_counter(), cpu_seconds(process)
    for number in [*range(count)] * REPEATS:
        connection.request("GET", f"/{number}", headers={"Accept-Encoding": "gzip"})
        found.size += len(connection.getresponse().read())
    found.seconds, found.cpu = time.perf_counter() - begun, cpu_seconds(process) - before
    return found


def nginx_configuration(folder: Path, port: int) -> Path:
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; worker_processes 1; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "events { worker_connections 64; }\n"
        f"http {{ access_log off; sendfile on; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;\n"
        f"fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/pages; keepalive_requests 100000; }} }}\n"
    )
    return path


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = Path(sys.argv[1]) if len(sys.argv) > 1 else imported(folder)
        port = free_port()
        command, environment = sheaf(data, port, base_url=URL)
        page_size = [*command[:-1], "profile", "set", "oai", "OAI repository", "page_size=1000"]
        subprocess.run(page_size, check=True, env=os.environ | environment, capture_output=True)
        with server(command, port, environment) as process:
            first = walk(port, process.pid, keep=True)
            runs = [walk(port, process.pid) for _ in range(ROUNDS)]
        records, per_second = first.records, statistics.median(run.records / run.cpu for run in runs)
        pages = [statistics.median(run.pages[i] for run in runs) for i in range(len(first.pages))]
        # Records with abstracts, which are the later ones here, are longer; what depth costs shows in the time a megabyte takes.
        speed = [seconds / length * 1e9 for seconds, length in zip(pages, first.lengths, strict=True)]
        early, late = statistics.median(speed[1:21]), statistics.median(speed[-21:-1])
        print(f"harvest:   {records:,} records in {len(pages)} pages, {first.size / records:.0f} bytes a record on the wire")
        seen = statistics.median(run.records / run.seconds for run in runs)
        print(f"sheaf:     {per_second:,.0f} records a server CPU second, {seen:,.0f} a second with this client")
        print(f"depth:     a megabyte near the end takes {late / early:.2f} × one near the beginning ({early:.2f} ms)")
        (folder / "pages").mkdir()
        for number, body in enumerate(first.bodies):
            (folder / "pages" / str(number)).write_bytes(body)
        _yardstick("aiohttp", [sys.executable, "-m", "bench.constant", str(folder / "pages")], records, per_second, len(pages))
        if shutil.which("nginx"):
            port = free_port()
            _yardstick("nginx", ["nginx", "-c", str(nginx_configuration(folder, port))], records, per_second, len(pages), port)
        else:
            print("nginx:     not here; left out")


def _yardstick(name: str, command: list[str], records: int, ours: float, count: int, port: int = 0) -> None:
    if not port:
        port = free_port()
        command = [*command, str(port)]
    with server(command, port) as process:
        fetch_all(port, process.pid, count)
        runs = [fetch_all(port, process.pid, count) for _ in range(ROUNDS)]
    theirs = statistics.median(REPEATS * records / max(run.cpu, 0.01) for run in runs)
    print(
        f"{name + ':':<11}{theirs:,.0f} records a CPU second sending the same bytes from memory or disk; "
        f"sheaf does {ours / theirs:.3f} of that"
    )


if __name__ == "__main__":
    main()
