"""What accounts at agencies share: the system they speak to, for trials one on this machine, and whose DOIs they update."""

from ipaddress import IPv6Address, ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from server.forms.field import Choice, title

Environment = Annotated[
    Literal["test", "production"],
    title(
        "Use environment",
        "DOIs of the test environment never resolve at doi.org and cannot be carried to production.",
        choices=(Choice("test", "Test"), Choice("production", "Production")),
    ),
]
Endpoint = Annotated[
    str,
    title(
        "Endpoint",
        "Another address of the agency, whole, such as http://127.0.0.1:8472, for trials on this machine; only with the test "
        "environment.",
    ),
]

UpdateMigrated = Annotated[
    bool,
    title(
        "Update DOIs of migrated assets",
        "Send metadata and address also of DOIs that another system minted and that were migrated here. Cannot be undone.",
    ),
]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""This machine, by its names."""


def is_loopback(address: str) -> bool:
    """Whether an address is of this machine. Raises ValueError where it is none."""
    return urlsplit(address).hostname in LOOPBACK


def is_within(address: str) -> bool:
    """Whether an address is of this machine, or one that only a machine's own link or cloud knows. Raises ValueError for none."""
    host = urlsplit(address).hostname or ""
    try:
        found = ip_address(host)
    except ValueError:
        return host in LOOPBACK or host.endswith(".localhost")
    found = (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found
    return found.is_loopback or found.is_link_local or found.is_unspecified


def check_endpoint(endpoint: str, environment: str) -> None:
    """Raise ValueError for an address that may not stand in for an agency's; an empty one may."""
    if not endpoint:
        return
    if environment != "test":
        raise ValueError("endpoint: may be set with the test environment only; leave it empty or choose test")
    try:
        parts = urlsplit(endpoint)
        allowed = parts.scheme in {"http", "https"} and is_loopback(endpoint) and "@" not in parts.netloc
        allowed = allowed and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        allowed = False
    if not allowed:
        raise ValueError(
            "endpoint: must be an http address on this machine (127.0.0.1, localhost or ::1); leave it empty otherwise"
        )
