"""A provider of OpenID Connect that others wrote, as a process of its own: what it is written with warns of its age."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen


@contextmanager
def running() -> Iterator[str]:
    """Yield its issuer while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            issuer = f"http://127.0.0.1:{port}"
            _wait_for(issuer)
            yield issuer
        finally:
            process.terminate()


def _wait_for(issuer: str) -> None:
    for _ in range(200):
        try:
            urlopen(f"{issuer}/.well-known/openid-configuration").read()
        except URLError:
            time.sleep(0.05)  # till the process listens
        else:
            return
    raise TimeoutError("the provider did not come up")
