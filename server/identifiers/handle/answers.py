"""What a handle server says: its response codes as faults, and what of a handle's values matters to us."""

import json
from dataclasses import dataclass
from typing import Any

from server.identifiers.model import Fault

SUCCESS, NOT_FOUND, EXISTS, VALUE_EXISTS, NO_VALUES, NOT_HERE = 1, 100, 101, 201, 200, 301

#: Where our two values stand in a handle: by custom the address first, the administrator at a hundred.
URL_INDEX, ADMIN_INDEX = 1, 100

#: Response code → what it means for us (Handle.Net 9, REST servlet). What passes: an error inside, too busy, a backup. What no
#: handle of ours can change, and an administrator must: who we are, what we may, and whose the authority is.
FAULTS: dict[int, Fault] = {
    2: Fault.TRANSIENT,
    3: Fault.TRANSIENT,
    4: Fault.REJECTED,
    5: Fault.CREDENTIALS,
    7: Fault.TRANSIENT,
    102: Fault.REJECTED,
    202: Fault.REJECTED,
    NOT_HERE: Fault.CREDENTIALS,
    302: Fault.CREDENTIALS,
    303: Fault.CREDENTIALS,
    400: Fault.CREDENTIALS,
    401: Fault.CREDENTIALS,
    402: Fault.CREDENTIALS,
    403: Fault.CREDENTIALS,
    404: Fault.CREDENTIALS,
}

#: The same by status, for an answer that names no code: 401 comes with an empty body.
STATUSES: dict[int, Fault] = {401: Fault.CREDENTIALS, 403: Fault.CREDENTIALS} | dict.fromkeys((408, 425, 429), Fault.TRANSIENT)

MEANINGS: dict[int, str] = {
    3: "it is too busy",
    5: "it does not take changes",
    7: "it makes a backup",
    NOT_HERE: "it is not responsible for this naming authority",
    302: "another server is responsible",
    303: "another server is responsible",
    400: "the administrator is none",
    401: "the administrator lacks a permission",
    402: "it wants to know who asks",
    403: "the administrator was not recognised",
    404: "the key is none",
}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: its status, its response code (0 where it names none), and the body."""

    status: int
    code: int
    handle: str
    message: str
    values: tuple[dict[str, Any], ...]
    total: str
    handles: tuple[str, ...]
    body: str
    retry_after: float | None = None

    @property
    def url(self) -> str | None:
        """Where the handle leads to, by the value we keep."""
        return next((text for value in self.values if value.get("index") == URL_INDEX and (text := _text(value, "URL"))), None)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the handle leads to by any of its values: a remote resolver's stands at index 100."""
        return tuple(text for value in self.values if (text := _text(value, "URL")))

    @property
    def has_admin(self) -> bool:
        return any(str(value.get("type", "")).upper() == "HS_ADMIN" for value in self.values)

    @property
    def words(self) -> str:
        return " ".join((self.message or MEANINGS.get(self.code, "")).split()).rstrip(".")


def parse(status: int, body: str, retry_after: float | None = None) -> Said:
    """Read an answer, whatever it is."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    told: dict[str, Any] = document if isinstance(document, dict) else {}
    code, values, names = told.get("responseCode"), told.get("values"), told.get("handles")
    return Said(
        status,
        code if isinstance(code, int) else 0,
        str(told.get("handle", "")),
        str(told.get("message") or ""),
        tuple(value for value in values if isinstance(value, dict)) if isinstance(values, list) else (),
        str(told.get("totalCount", "")),
        tuple(map(str, names)) if isinstance(names, list) else (),
        body,
        retry_after,
    )


def _text(value: dict[str, Any], kind: str) -> str:
    """Return the text of a value of a kind: servers write it as it is, or with its format beside it."""
    data = value.get("data")
    text = data.get("value") if isinstance(data, dict) else data
    return text if str(value.get("type", "")).upper() == kind and isinstance(text, str) else ""
