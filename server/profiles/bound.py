"""A secret is bound to the server it was entered for: one that is kept never goes to another."""

from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from server.errors import Invalid, Unavailable
from server.profiles import store
from server.profiles.kind import Kind
from server.profiles.model import Profile
from server.profiles.seal import Seal

_PORTS = {"https": 443, "http": 80}


def server_of(address: str) -> str:
    """Return the server of an address: scheme, host and port, whatever way it was written."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def strayed(kind: Kind, before: Profile, settings: Struct, entered: AbstractSet[str], seal: Seal) -> dict[str, str]:
    """Return what is wrong with secrets that nobody entered together with these settings, by field.

    They must be those that are kept, and their server the one they were entered for: who may change an address could have
    them sent to a server of their own otherwise. What was never entered, or nobody can open any more, is bound to nothing.
    """
    if kind.server is None:
        return {}
    try:
        known = msgspec.json.decode(seal.open(before.sealed)) if before.sealed else {}
        stored, _ = store.so_far(before, kind.settings, seal)
    except (Invalid, Unavailable):
        return {}
    was, will = kind.server(stored), kind.server(settings)
    given = store.parted(settings)[1]
    words = "It was changed meanwhile; enter it again."
    if was != will:
        words = f"It was entered for {was}; enter it again for {will}."
    kept = {name: value for name, value in known.items() if value and name not in entered and given.get(name)}
    return {name: words for name, value in kept.items() if was != will or given[name] != value}
