"""An account at a handle server: where it is, who we are there, and who may administer the handles we make."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from server.forms.field import Choice, title
from server.identifiers.endpoint import is_loopback
from server.identifiers.schemes.handle import HandleRules, authority

_IDENTITY = r"^[1-9][0-9]*:[^\s:/][^\s/]*/\S+\Z"
_WRITTEN = "must be an index, a colon and a handle, such as 300:0.NA/10536"
#: Where the authority's own handle keeps, by custom, the group of those who may administer what is under it.
_GROUP = 200


class Account(HandleRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An administrator's identity at a handle server of version 8.1 or later."""

    server: Annotated[
        str,
        Meta(max_length=500),
        title(
            "Server address",
            "Of the handle server's REST API, without /api: https://handle.example.org:8000. It takes changes over https only.",
        ),
    ]
    environment: Annotated[
        Literal["test", "production"],
        title(
            "Use environment",
            "Handles of a test server do not resolve at hdl.handle.net and cannot be carried to production.",
            choices=(Choice("test", "Test"), Choice("production", "Production")),
        ),
    ]
    authentication: Annotated[
        Literal["key", "certificate"],
        title(
            "Authentication",
            choices=(Choice("key", "Secret key (HS_SECKEY)"), Choice("certificate", "Client certificate")),
        ),
    ] = "key"
    administrator: Annotated[
        str,
        Meta(pattern=_IDENTITY, max_length=300),
        title("Administrator", "The index and the handle that hold the key: 300:0.NA/10536.", rule=_WRITTEN),
    ]
    secret: Annotated[
        str,
        Meta(min_length=1),
        title(
            "Secret key or certificate",
            "The key as it is; or the client certificate and its private key, neither under a passphrase, as PEM.",
            secret=True,
            widget="textarea",
        ),
    ]
    trusted: Annotated[
        str,
        title(
            "Certificate of the server",
            "As PEM, where it signed its own, as handle servers do: then this one alone is believed, whatever name stands in it.",
            widget="textarea",
        ),
    ] = ""
    owner: Annotated[
        str,
        Meta(pattern=rf"^\Z|{_IDENTITY}", max_length=300),
        title(
            "Administrator of new handles (HS_ADMIN)",
            "Stands in every handle, for one without can never be changed. Empty: index 200 of 0.NA and the naming authority.",
            rule=_WRITTEN,
        ),
    ] = ""
    permissions: Annotated[
        str,
        Meta(pattern=r"^[01]{12}\Z"),
        title(
            "Permissions of that administrator",
            "Twelve digits as the handle server writes them, each for one of twelve permissions; 111111111111 gives all.",
            rule="must be twelve digits, each 0 or 1",
        ),
    ] = "111111111111"
    ttl: Annotated[
        int, Meta(ge=0, le=31_536_000), title("Time to live", "Seconds for which resolvers may keep what a handle says.")
    ] = 86_400

    def __post_init__(self) -> None:
        super().__post_init__()
        check_server(self.server, self.environment)
        if "1" not in self.permissions:
            raise ValueError("permissions: something must be allowed, or a handle could never lead elsewhere")

    def __repr__(self) -> str:
        return f"Account({self.administrator!r}, {self.prefix!r}, {self.server!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(field, getattr(self, field)) for field in ("administrator", "prefix", "server")]

    @property
    def address(self) -> str:
        """The server this account speaks to, without a slash at its end."""
        return self.server.rstrip("/")

    @property
    def admin(self) -> tuple[int, str]:
        """The index and the handle of whoever may administer the handles that are made."""
        index, _, handle = (self.owner or f"{_GROUP}:0.NA/{authority(self.prefix)}").partition(":")
        return int(index), handle


def check_server(server: str, environment: str) -> None:
    """Raise ValueError for an address handles may not be changed at: a key must not travel in the clear."""
    check_address(server)
    scheme = urlsplit(server).scheme
    if scheme == "http" and environment == "test" and is_loopback(server):
        return
    if scheme != "https":
        raise ValueError("server: must begin with https://; http is for trials on this machine, with the test environment, only")


def check_address(server: str) -> None:
    """Raise ValueError for what is no bare address of a server."""
    try:
        parts = urlsplit(server)
        bare = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        bare = False
    if not bare or any(character.isspace() for character in server):
        raise ValueError("server: must be an address such as https://handle.example.org:8000")
