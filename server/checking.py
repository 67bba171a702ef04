"""What `sheaf check` looks at: settings, database, clock, storage, secrets, profiles. Reads only, beside a running server too."""

import hashlib
import os
import random
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy import Connection, func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from server import spoken_of
from server.db.migrate import engine_for, revision_of, revisions
from server.errors import SheafError
from server.profiles import store as profiles
from server.profiles.model import Profile
from server.profiles.seal import Seal
from server.records.files import DiskStore
from server.records.tables import feed
from server.settings import Settings, secret_key


class Verdict(StrEnum):
    """How a look ended; only what is wrong stops the server or loses something."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, what was found, and what to do about it."""

    name: str
    verdict: Verdict
    words: str
    remedy: str = ""


Kinds = Mapping[str, type[Struct]]
"""The class of the settings of every kind of profile."""

FEW_BYTES, FEWER_BYTES = 2**30, 100 * 2**20
"""Free space at which to warn, and at which deposits will soon fail."""

LONG_KEY = 32
"""Characters below which a secret key that people chose is weak."""

SKEW, LARGE_SKEW = timedelta(seconds=5), timedelta(minutes=1)
SAMPLE = 200
"""Files looked at where not all are."""

LARGE = 2 * 2**30
"""Bytes of an SQLite database whose pages are looked through only when everything is."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def look(settings: Settings, kinds: Kinds, now: datetime, *, everything: bool = False) -> Iterator[Finding]:
    """Look at an installation, the cheap things first; `everything` reads every byte of database and files."""
    yield from _settings(settings)
    yield from _folder(settings)
    try:
        yield from _stored(settings, kinds, now, everything=everything)
    except SQLAlchemyError as error:
        said = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0].rstrip('.')}."
        yield Finding("database", Verdict.WRONG, said, "Start the database, or correct SHEAF_DATABASE_URL.")


def _settings(settings: Settings) -> Iterator[Finding]:
    host = urlsplit(settings.url).hostname
    if settings.url.startswith("http://") and host not in _LOOPBACK:
        words = "The base URL is http: passwords travel in the clear."
        yield Finding("settings", Verdict.WARNING, words, "Put a proxy with https in front, and set SHEAF_BASE_URL to it.")
    elif settings.url.startswith("https://") and not settings.proxies:
        words = "The base URL is https, and no proxy is trusted: every client looks like the proxy."
        yield Finding("settings", Verdict.WARNING, words, "Set SHEAF_TRUSTED_PROXIES to the proxy's address, as 127.0.0.1.")
    elif any(network.prefixlen == 0 for network in settings.proxies):
        words = "Every address is trusted as a proxy: clients can claim to be anybody."
        yield Finding("settings", Verdict.WRONG, words, "Name only the proxies in SHEAF_TRUSTED_PROXIES.")
    else:
        yield Finding("settings", Verdict.OK, f"{settings.url}, OAI identifiers oai:{settings.repository_id}:…")


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.folder
    try:
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"probe")
        probe.unlink()
    except OSError as error:
        words = f"{folder} cannot be written: {error.strerror}."
        yield Finding("storage", Verdict.WRONG, words, "Make it as the user the server runs as, or name another in SHEAF_DATA.")
        return
    free = shutil.disk_usage(folder).free
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IRWXO:
        yield Finding("storage", Verdict.WARNING, f"{folder} is open to every user of the machine.", f"chmod o= {folder}")
    if free < FEW_BYTES:
        verdict = Verdict.WRONG if free < FEWER_BYTES else Verdict.WARNING
        yield Finding("storage", verdict, f"{free / 2**20:,.0f} MB are free.", "Make room: a full disk refuses deposits.")
    else:
        yield Finding("storage", Verdict.OK, f"{folder} can be written; {free / 2**30:,.1f} GB are free.")


def _stored(settings: Settings, kinds: Kinds, now: datetime, *, everything: bool) -> Iterator[Finding]:
    if settings.is_sqlite and not _file(settings).exists():
        yield Finding("database", Verdict.WARNING, "There is none yet.", "`sheaf serve` makes it.")
        yield _key(settings)
        return
    with _connected(settings) as tx:
        begun = time.monotonic()
        revision = revision_of(tx)
        finding = _database(settings, tx, revision, everything=everything)
        yield finding
        if revision != revisions()[-1]:
            return  # the tables are not those of this release, so nothing else can be asked of them
        yield _clock(tx, now + timedelta(seconds=time.monotonic() - begun))
        if (settings.folder / "files").is_dir():
            yield _files(tx, DiskStore(settings.folder), everything=everything)
        key = _key(settings)
        yield key
        if key.verdict is not Verdict.WRONG:
            seal = Seal(secret_key(settings))
            yield from _profiles(profiles.every(tx), kinds, seal)


@contextmanager
def _connected(settings: Settings) -> Iterator[Connection]:
    """Connect without standing in the way of whoever owns the database."""
    if settings.is_sqlite:
        from server.db.sqlite import sync_engine

        engine = sync_engine(_file(settings), writer=False)
    else:
        engine = engine_for(settings.database)
    try:
        with engine.connect() as tx:
            yield tx
    finally:
        engine.dispose()


def _file(settings: Settings) -> Path:
    return Path(make_url(settings.database).database or "sheaf.db").absolute()


def _database(settings: Settings, tx: Connection, revision: str | None, *, everything: bool) -> Finding:
    known = revisions()
    if revision is None:
        return Finding("database", Verdict.WRONG, "The tables are not there yet.", "`sheaf migrate` makes them.")
    if revision not in known:
        words = f"It is at revision {revision}, which this release does not know."
        return Finding("database", Verdict.WRONG, words, "Use the newer release that made it.")
    if revision != known[-1]:
        words = f"It is at revision {revision}, this release's is {known[-1]}."
        return Finding("database", Verdict.WARNING, words, "`sheaf backup` first, then `sheaf migrate` or `sheaf serve`.")
    if settings.is_sqlite:
        return _sqlite(_file(settings), tx, revision, everything=everything)
    encoding, version = tx.execute(text("SELECT getdatabaseencoding(), current_setting('server_version')")).one()
    if encoding != "UTF8":
        return Finding("database", Verdict.WRONG, f"Its encoding is {encoding}.", "Make it anew with ENCODING 'UTF8'.")
    return Finding("database", Verdict.OK, f"PostgreSQL {version}, revision {revision}.")


def _sqlite(path: Path, tx: Connection, revision: str, *, everything: bool) -> Finding:
    if path.stat().st_size > LARGE and not everything:
        return Finding("database", Verdict.OK, f"SQLite, revision {revision}; to read its pages takes `--everything`.")
    said = str(tx.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    if said != "ok":
        return Finding("database", Verdict.WRONG, f"SQLite finds it damaged: {said}.", "Restore the last backup.")
    return Finding("database", Verdict.OK, f"SQLite, revision {revision}, its pages are sound.")


def _clock(tx: Connection, now: datetime) -> Finding:
    latest: datetime | None = tx.execute(select(func.max(feed.c.datestamp))).scalar()
    if latest is not None and latest > now + SKEW:
        words = f"The last change is of {latest:%Y-%m-%d %H:%M:%S}, which is yet to come."
        return Finding("clock", Verdict.WRONG, words, "Set the clock right (NTP): datestamps wait until it has caught up.")
    if tx.dialect.name == "postgresql":
        theirs: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
        skew = abs(theirs - now)
        if skew > SKEW:
            verdict = Verdict.WRONG if skew > LARGE_SKEW else Verdict.WARNING
            words = f"It differs from the database's by {skew.total_seconds():,.0f} seconds."
            return Finding("clock", verdict, words, "Set both by NTP: leases of jobs and logins hang on it.")
    return Finding("clock", Verdict.OK, f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, behind every change.")


def _files(tx: Connection, store: DiskStore, *, everything: bool) -> Finding:
    """Compare what is spoken of with what is there: a sample of both, or all."""
    lot = random.Random()  # noqa: S311 -- a sample, not a secret
    spoken = set(spoken_of.latest(tx, None if everything else SAMPLE))
    missing = sorted(name for name in spoken if not store.has(name))
    stored = list(store.every())
    looked = stored if everything else lot.sample(stored, min(SAMPLE, len(stored)))
    damaged = [name for name in looked if _digest(store.path(name)) != name]
    if missing or damaged:
        words = f"{len(missing)} files are missing and {len(damaged)} damaged, the first {(missing + damaged)[0]}."
        return Finding("files", Verdict.WRONG, words, "Put them back from a backup: files/ab/abcd….")
    if everything:
        orphans = len(stored) - len(spoken)
        more = f"; {orphans:,} more belong to nothing any more and go by themselves" if orphans else ""
        return Finding("files", Verdict.OK, f"All {len(spoken):,} are there and sound{more}.")
    return Finding("files", Verdict.OK, f"{len(stored):,} are there; {len(looked):,} were read and are sound.")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _key(settings: Settings) -> Finding:
    path = settings.folder / "secret.key"
    if not settings.secret_key and not path.exists():
        return Finding("secret key", Verdict.OK, "There is none yet; the first start makes one.")
    try:
        key = secret_key(settings)
    except (SheafError, OSError) as error:
        words = error.message if isinstance(error, SheafError) else f"secret.key cannot be read: {error.strerror}."
        return Finding("secret key", Verdict.WRONG, words, getattr(error, "remedy", "Give it to the server's user."))
    if not settings.secret_key and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return Finding("secret key", Verdict.WRONG, f"{path} can be read by others.", f"chmod 600 {path}")
    if len(key) < LONG_KEY:
        words = f"It has {len(key)} characters, fewer than {LONG_KEY}."
        return Finding("secret key", Verdict.WARNING, words, "Take a long random one; the security page says how to change it.")
    return Finding("secret key", Verdict.OK, "Long enough, and kept from others.")


def _profiles(found: list[Profile], kinds: Kinds, seal: Seal) -> Iterator[Finding]:
    looks: tuple[Callable[[Profile], Finding | None], ...] = (
        lambda profile: _unknown(profile, kinds), lambda profile: _shut(profile, kinds, seal), _paused,
    )  # fmt: skip
    sound = 0
    for profile in found:
        fault = next((fault for each in looks if (fault := each(profile)) is not None), None)
        sound += fault is None
        if fault is not None:
            yield fault
    if sound or not found:
        yield Finding("profiles", Verdict.OK, f"{sound} of {len(found)} can be read, secrets included, and are not paused.")


def _unknown(profile: Profile, kinds: Kinds) -> Finding | None:
    if profile.kind in kinds:
        return None
    words = f"{profile.name!r} is of kind {profile.kind}, which is not installed."
    return Finding("profiles", Verdict.WARNING, words, "Install what brings it, or delete the profile.")


def _shut(profile: Profile, kinds: Kinds, seal: Seal) -> Finding | None:
    try:
        profiles.opened(profile, kinds[profile.kind], seal)
    except SheafError as error:
        return Finding("profiles", Verdict.WRONG, f"{profile.name!r}: {error.message}", error.remedy)
    return None


def _paused(profile: Profile) -> Finding | None:
    if not profile.paused or not profile.enabled:
        return None
    words = f"{profile.name!r} stands still: {profile.paused}"
    return Finding("profiles", Verdict.WARNING, words, f"`sheaf profile enable {profile.name!r}` lets it go on.")
