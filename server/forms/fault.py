"""What can be wrong with what was typed, as sentences that follow the name of the field."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.language import gettext

#: What the forms say of themselves. `%(…)s` are filled in.
SENTENCES = {
    "needed": "is needed",
    "whole": "must be a whole number, such as 12",
    "number": "must be a number, such as 48.2",
    "date": "must be a day as year-month-day, such as 2026-03-14",
    "moment": "must be a day and a time, such as 2026-03-14T09:26",
    "choice": "must be one of the choices offered",
    "email": "must be an e-mail address, such as name@example.org",
    "url": "must be an address that begins with https:// or http://",
    "short": "must have at least %(limit)s characters",
    "long": "must have at most %(limit)s characters",
    "few": "needs at least %(limit)s",
    "many": "may have at most %(limit)s",
    "least": "must be %(limit)s or more",
    "most": "must be %(limit)s or less",
    "above": "must be more than %(limit)s",
    "below": "must be less than %(limit)s",
    "multiple": "must be a multiple of %(limit)s",
    "pattern": "does not have the form that is needed here (%(limit)s)",
    "line": "line %(line)s %(reason)s",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field."""

    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in the reader's language, filled in as text: whoever draws it escapes it."""
        sentence = gettext(self.sentence)
        return sentence % self.values if self.values else sentence


class Wrong(ValueError):
    """Raised by what reads a single value; caught where the field is known."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def wrong(name: str, limit: object = None) -> Wrong:
    """Return the refusal with one of the SENTENCES."""
    return Wrong(Fault(SENTENCES[name], {} if limit is None else {"limit": limit}))
