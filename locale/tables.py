"""The tables whose words are shown to people, printed as calls that an extraction of texts finds."""

import json
from collections.abc import Iterator

from server.accounts.model import ROLES
from server.events.model import EVENTS
from server.forms.fault import SENTENCES
from server.identifiers.preflight.explained import REMEDIES
from server.identifiers.preflight.rules import RULES
from server.oai.kind import PENDING
from server.oai.proving import PROOFS
from server.orcid import links
from server.portal.deeds import DEEDS
from server.portal.notices import NOTICES
from server.portal.words import AGENCY_STATES, DIFFERENCES, EXCHANGES, KINDS, LETTERS, LOOK_AT
from server.sword.causes import CAUSES, Cause

TABLES = (
    ROLES, EVENTS, SENTENCES, NOTICES, KINDS, CAUSES, LOOK_AT, DEEDS, LETTERS, PROOFS, PENDING, EXCHANGES, AGENCY_STATES,
    DIFFERENCES, links.WORDS, links.MINE,
)  # fmt: skip

SENTENCES_ALONE = (*REMEDIES, *(text for rule in RULES for text in (rule.words, rule.remedy) if text))


def words(value: object) -> Iterator[str]:
    """Yield the texts of a table's value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from words(part)
    elif isinstance(value, Cause):
        yield from (value.title, value.meaning, *filter(None, [value.remedy]))


def main() -> None:
    for table in TABLES:
        for value in table.values():
            for text in words(value):
                said(text)
    for text in SENTENCES_ALONE:
        said(text)


def said(text: str) -> None:
    print(f"_({json.dumps(text, ensure_ascii=False)})")


if __name__ == "__main__":
    main()
