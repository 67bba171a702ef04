"""What failures have in common: the words of an agency without what differs from identifier to identifier."""

import re

LONGEST = 200

_GAP = "…"

#: What names one work or one moment and no cause: addresses, DOIs and handles, long quotations, ids, numbers.
_OWN = (
    re.compile(r"https?://[^\s“”\"')\]>]+"),
    re.compile(r"\b10\.\d{4,9}/[^\s“”\"')\]>]+"),
    re.compile(r"“[^”]*[\s\d…][^”]*”|\"[^\"]*[\s\d…][^\"]*\""),
    re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"),
    re.compile(r"\b(?![1-5]\d\d\b)\d[\d.,:T/-]*\d\b|\b\d\b"),  # what may be a status of HTTP stays
)


def cause_of(message: str) -> str:
    """Return the words of a failure without what belongs to one identifier only; equal for what one mending helps.

    The same cause may come out twice where an agency words it in two ways, which costs a look and nothing else.
    """
    for own in _OWN:
        message = own.sub(_GAP, message)
    words = " ".join(message.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}{_GAP}"
