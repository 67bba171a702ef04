"""What the operator may set: read once from the environment, each with a sentence."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from server.errors import Invalid
from server.proxies import Network, networks

PREFIX = "SHEAF_"
SHORTEST_KEY = 12
"""Characters of the secret key at least."""

#: What was set here before there were profiles (`/admin/profiles`); it stops no start, and is read once.
MOVED = (
    "repository_name",
    "admin_email",
    "oai_page_size",
    "oai_token_days",
    "import_as",
    "content_faults",
    "read_now_mb",
)

_OTHERS = ("SHEAF_SHARED", "SHEAF_TEST_")


def says(sentence: str) -> Meta:
    return Meta(description=sentence)


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operator's settings. The field `port` is the variable `SHEAF_PORT`; an empty variable counts as not set."""

    data: Annotated[str, says("Folder of the database, the files and the control socket.")] = "var"
    database_url: Annotated[
        str, says("`sqlite:///path` or `postgresql://user:password@host/name`; empty means `sheaf.db` in the data folder.")
    ] = ""
    base_url: Annotated[str, says("Address under which the world reaches this server; empty means `http://host:port`.")] = ""
    host: Annotated[str, says("Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535), says("Port to listen on.")] = 8080
    trusted_proxies: Annotated[
        str,
        says(
            "Networks of the reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, separated by commas."
        ),
    ] = ""
    secret_key: Annotated[
        str,
        says("Signs tokens and sessions and seals secrets; empty means a generated one kept as `secret.key` in the data folder."),
    ] = ""
    secret_key_old: Annotated[
        str, says("The secret key before this one, while `sheaf rotate-key` seals everything anew; then remove it.")
    ] = ""
    admin_password: Annotated[str, says("Password of the first administrator `admin`; empty means generated and shown once.")] = (
        ""
    )
    depositor_password: Annotated[
        str, says("Password of the example depositor `depositor`; empty means generated and shown once.")
    ] = ""
    examples: Annotated[bool, says("Whether the very first start deposits the example works (`true`, `false`).")] = True
    repository_identifier: Annotated[
        str, says("Domain name in OAI identifiers (`oai:domain:id`); empty means the host of the base URL, or `sheaf.localhost`.")
    ] = ""
    max_upload_mb: Annotated[int, Meta(ge=1), says("Largest deposit in megabytes.")] = 16384
    workers: Annotated[int, Meta(ge=1, le=64), says("Jobs one worker process does at the same time, and agencies it calls.")] = 4
    private_targets: Annotated[
        str,
        says(
            "Networks inside the institution that webhooks and handle servers may be in, such as `10.1.0.0/16`, with commas; "
            "plain `http` is allowed there too."
        ),
    ] = ""
    schemas: Annotated[
        str,
        says(
            "Folder with copies of XML schemas and a `catalog.xml` that says which file stands for which address; with it "
            "simulated harvests and what is sent to DataCite are judged by them."
        ),
    ] = ""
    log_format: Annotated[str, Meta(pattern="^(text|json)$"), says("Log lines as `text` or as `json`.")] = "text"

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if self.base_url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment):
            raise ValueError(f"SHEAF_BASE_URL: it must be an address like https://repository.example.org, not {self.base_url!r}")
        if self.database_url and not self.database_url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("SHEAF_DATABASE_URL: it must begin with sqlite:/// or postgresql://")
        networks(self.trusted_proxies)
        networks(self.private_targets)

    @property
    def opened(self) -> tuple[Network, ...]:
        """The networks inside the institution that webhooks may reach."""
        return networks(self.private_targets)

    @property
    def folder(self) -> Path:
        return Path(self.data)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.folder / 'sheaf.db'}"

    @property
    def is_sqlite(self) -> bool:
        return self.database.startswith("sqlite")

    @property
    def repository_id(self) -> str:
        """The domain in OAI identifiers (oai-identifier guideline: a domain name, never an address)."""
        host = urlsplit(self.url).hostname or ""
        is_name = "." in host and any(c.isalpha() for c in host.rpartition(".")[2])
        return self.repository_identifier or (host if is_name else "sheaf.localhost")

    @property
    def email(self) -> str:
        """The address of the administration where nobody has named one."""
        return f"admin@{self.repository_id}"

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of the reverse proxies that are believed."""
        return networks(self.trusted_proxies)

    @property
    def socket(self) -> Path:
        return self.folder / "control.sock"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises Invalid naming the variable and what it takes. Unknown `SHEAF_` variables are refused, so that a typing error does not
    pass silently; `SHEAF_SHARED` and `SHEAF_TEST_…` belong to the tests.
    """
    environ = os.environ if environ is None else environ
    given = {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and value and not name.startswith(_OTHERS):
            given[name.removeprefix(PREFIX).lower()] = value
    for name in MOVED:
        given.pop(name, None)
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        name = PREFIX + path.rstrip("`").upper() if path else PREFIX.rstrip("_")
        if message.startswith(PREFIX):  # a rule of the class, which names its variable
            name, _, message = message.partition(": ")
        if "unknown field" in message:
            unknown = message.split("`")[1]
            name = PREFIX + unknown.upper()
            message = "there is no such setting"
        raise Invalid(
            f"{name}: {message}.", place=name, remedy="See the table of settings in README.md.", code="setting"
        ) from error


def moved(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what the environment says of settings that stand in profiles now; the very first start takes it from here."""
    environ = os.environ if environ is None else environ
    return {name: value for name in MOVED if (value := environ.get(PREFIX + name.upper(), ""))}


def table() -> list[tuple[str, str, str]]:
    """List every setting: variable, default as the operator writes it, and its sentence."""
    info = msgspec.inspect.type_info(Settings)
    assert isinstance(info, msgspec.inspect.StructType)  # noqa: S101 -- Settings is a Struct
    rows = []
    for found in info.fields:
        kind = found.type
        described: dict[str, Any] = (kind.extra_json_schema or {}) if isinstance(kind, msgspec.inspect.Metadata) else {}
        default = str(found.default).lower() if isinstance(found.default, bool) else str(found.default)
        rows.append((PREFIX + found.name.upper(), default, str(described.get("description", ""))))
    return rows


def secret_key(settings: Settings) -> bytes:
    """Return the key all signatures and seals come from; generate and keep one (mode 0600) where none is set.

    Raises Invalid where it is too short to keep a secret.
    """
    if settings.secret_key:
        if len(settings.secret_key) < SHORTEST_KEY:
            raise Invalid(
                f"SHEAF_SECRET_KEY has {len(settings.secret_key)} characters, fewer than {SHORTEST_KEY}: it could be guessed.",
                place="SHEAF_SECRET_KEY",
                remedy="Set a long random one, or none: then one is generated and kept.",
                code="setting",
            )
        return settings.secret_key.encode()
    path = settings.folder / "secret.key"
    if not path.exists():
        _keep(path, secrets.token_urlsafe(48).encode())
    key = path.read_bytes().strip()
    if len(key) < SHORTEST_KEY:
        raise Invalid(
            f"{path} is empty or torn, so tokens and seals cannot be trusted to it.",
            place=str(path),
            remedy="Restore it from the backup: stored passwords of agencies are sealed with it. Where there are none, "
            "delete it, and a new one is generated.",
            code="setting",
        )
    return key


def _keep(path: Path, key: bytes) -> None:
    """Write a key where none is: whole or not at all, and of several processes at once one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first, and its key counts
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
