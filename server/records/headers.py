"""The header of a record as every verb shows it (OAI-PMH 2.5), written and read, and the `<record>` around it. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime

from server.clock import to_wire
from server.records.sets import is_hidden

#: A set as a header names it.
SPEC = re.compile(rb"<setSpec>([^<]*)</setSpec>")


def header(identifier: str, moment: datetime, specs: Iterable[str], *, deleted: bool) -> bytes:
    """Write a record's header (OAI-PMH 2.5). Identifiers and setSpecs are of our making and need no escaping."""
    status = ' status="deleted"' if deleted else ""
    inner = "".join(f"<setSpec>{spec}</setSpec>" for spec in specs if not is_hidden(spec))
    return (
        f"<header{status}><identifier>{identifier}</identifier><datestamp>{to_wire(moment)}</datestamp>{inner}</header>".encode()
    )


def buried(head: bytes) -> bytes:
    """Make a record's header that of a deletion."""
    return head.replace(b"<header>", b'<header status="deleted">', 1)


def whole(head: bytes, body: bytes = b"") -> bytes:
    """Write a `<record>`; without a body it is a tombstone."""
    return b"<record>" + head + body + b"</record>"


def specs_in(head: bytes) -> set[str]:
    """Return the setSpecs a header names."""
    return {spec.decode() for spec in SPEC.findall(head)}


def datestamp_in(head: bytes) -> str:
    """Return the datestamp of a header of ours, YYYY-MM-DDThh:mm:ssZ."""
    return head.partition(b"<datestamp>")[2].partition(b"<")[0].decode()
