"""Servers as processes of their own: started, waited for, killed without warning."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse"


@dataclass
class Server:
    """One `sheaf serve` on a data folder and a database."""

    folder: Path
    database: str = ""
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    more: dict[str, str] = field(default_factory=dict)
    """Further settings."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("SHEAF_") or name == "SHEAF_SHARED"}
        return ours | {
            "SHEAF_DATA": str(self.folder),
            "SHEAF_DATABASE_URL": self.database,
            "SHEAF_PORT": str(self.port or 8080),
            "SHEAF_BASE_URL": "https://repository.example.org",
            "SHEAF_SECRET_KEY": "only for tests",
            "SHEAF_EXAMPLES": "false",
            "SHEAF_DEPOSITOR_PASSWORD": PASSWORD,
            "SHEAF_ADMIN_PASSWORD": PASSWORD,
            **self.more,
        }

    def start(self) -> None:
        """Start and wait until it is ready; its log goes to a file in the folder."""
        self.port = self.port or free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            command = [sys.executable, "-m", "server", "serve"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.05)
            assert self.process.poll() is None, (self.folder / "server.log").read_text()[-3000:]
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        """End it as a power cut would, as far as a process can see."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> int:
        """Ask it to stop, and return its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a `sheaf` command against this installation."""
        command = [sys.executable, "-m", "server", *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
