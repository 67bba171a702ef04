"""A running Sheaf without its web server: what the web, the worker and the command line share. Built in `app.py`."""

from dataclasses import dataclass

from aiohttp import ClientSession

from server.clock import Clock
from server.db.engine import Database
from server.identifiers.comparing import Comparer
from server.identifiers.model import Agency
from server.jobs.worker import Worker
from server.metadata.reading import Reader
from server.profiles.keeping import Keeper
from server.profiles.rotation import Sealed
from server.profiles.seal import Seal
from server.publishing import Press
from server.records.files import DiskStore
from server.registry import Registry
from server.runs.task import Tasks
from server.settings import Settings
from server.sword.intake import Intake


@dataclass(frozen=True, slots=True)
class House:
    """A running Sheaf without its web server: what the web, the worker and the command line share."""

    settings: Settings
    clock: Clock
    database: Database
    files: DiskStore
    seal: Seal
    keeper: Keeper
    """The integration profiles: what can be done with them, and (`keeper.live`) what they say now."""
    sealed: tuple[Sealed, ...]
    """Every column whose values are sealed: what another key means for."""
    key: bytes
    agencies: Registry[Agency]
    comparer: Comparer
    """Compares identifiers with what their agencies say of them."""
    readers: Registry[Reader]
    press: Press
    intake: Intake
    worker: Worker
    tasks: Tasks
    session: ClientSession
