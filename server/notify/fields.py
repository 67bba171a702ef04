"""What the settings of both kinds have in common: which events can be chosen, and what the address of a mailbox is."""

import re
from typing import Literal

from server.events.model import EVENTS
from server.forms.field import Choice

EventName = Literal[
    "job.ended",
    "import.taken",
    "import.failed",
    "import.refused",
    "identifier.registered",
    "identifier.rejected",
    "identifier.blocked",
    "agency.down",
    "agency.back",
    "record.published",
    "record.revised",
    "record.returned",
    "record.declined",
    "record.withdrawn",
    "profile.saved",
    "profile.deleted",
    "profile.paused",
]
"""Every event there is, spelled out because a type cannot be made from a table; a test compares."""

#: The events as a form offers them.
EVENT_CHOICES = tuple(Choice(name, words) for name, words in EVENTS.items())

#: RFC 5321 as far as mail is really addressed; nothing in it can end a header or add a recipient.
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?)+(?<!\.)")
_LONGEST = 254


def is_mailbox(text: str) -> bool:
    """Whether a text is the address of one mailbox."""
    return len(text) <= _LONGEST and _MAILBOX.fullmatch(text) is not None
