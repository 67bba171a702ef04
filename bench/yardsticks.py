"""Who sends the same pages without thinking: bare aiohttp from memory, nginx from files, and nginx compressing them anew."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.measure import Contender, free_port, server

#: nginx as a yardstick: what it says of compression, by its name here.
NGINX = {"nginx gzip_static": "gzip_static on;", "nginx gzip 1": "gzip on; gzip_comp_level 1; gzip_types *;", "nginx static": ""}


@contextmanager
def yardsticks(folder: Path, pages: dict[str, bytes], packed: dict[str, bytes]) -> Iterator[list[Contender]]:
    """Run them all on the same pages, each as text and as gzip."""
    files = folder / "pages"
    files.mkdir()
    for name, body in pages.items():
        (files / name).write_bytes(body)
    for name, body in packed.items():
        (files / f"{name}.gz").write_bytes(body)
    paths = [f"/{name}" for name in pages]
    with ExitStack() as stack:
        port = free_port()
        process = stack.enter_context(server([sys.executable, "-m", "bench.constant", str(files), str(port)], port))
        found = [Contender(f"bare aiohttp {coding}", port, process.pid, paths, coding) for coding in ("gzip", "identity")]
        if shutil.which("nginx") is None:
            print("nginx is not here; left out")
            return (yield found)
        for name, words in NGINX.items():
            port = free_port()
            process = stack.enter_context(server(["nginx", "-c", str(_configuration(folder, name, words, port))], port))
            found.append(Contender(name, port, process.pid, paths, "identity" if name == "nginx static" else "gzip"))
        yield found


def _configuration(folder: Path, name: str, words: str, port: int) -> Path:
    home = folder / name.replace(" ", "-")
    home.mkdir()
    path = home / "nginx.conf"
    path.write_text(
        f"daemon off; worker_processes 1; master_process off; pid {home}/nginx.pid; error_log {home}/error.log;\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; sendfile on; tcp_nopush on; client_body_temp_path {home}/t1; proxy_temp_path {home}/t2;\n"
        f"fastcgi_temp_path {home}/t3; uwsgi_temp_path {home}/t4; scgi_temp_path {home}/t5; default_type text/xml;\n"
        f"open_file_cache max=2000; server {{ listen 127.0.0.1:{port}; root {folder}/pages; {words}\n"
        "keepalive_requests 100000000; } }\n"
    )
    return path
