"""Requests as nobody should send them: whole ones, torn ones, bytes; for the property and for the long run."""

import random
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from server.oai.request import VERBS

ROOT = "{http://www.openarchives.org/OAI/2.0/}OAI-PMH"

#: The query as it goes over the wire, and the body of a form; None for GET.
Asked = tuple[bytes, bytes | None]

#: What a request that is none of HTTP may be answered with, in plain words.
PLAIN = frozenset({400, 411, 413, 414, 417})

KEYS = (b"verb", b"identifier", b"metadataPrefix", b"from", b"until", b"set", b"resumptionToken")
VALUES = (
    *(verb.encode() for verb in VERBS), b"oai_dc", b"datacite", b"2026-03-16", b"2026-03-16T00:00:00Z", b"type", b"type:dataset", b"", b"%00",
    b"%FF", b"%ED%A0%80", b"%EF%BF%BF", b"%3C%26%3E", b"%", b"%zz", b"+", b"oai:repository.example.org:01ARZ3NDEKTSV4RRFFQ69G5FAV",
    b"AAAA", b"-1", b"1e309", b"%0D%0A", b"a" * 3000, b"%F0%9F%8D%83", b"..%2F", b"9999-12-31", b"0000-00-00", b"'%22",
)  # fmt: skip


def request(chance: random.Random) -> Asked:
    """Make a request by lot."""

    def piece() -> bytes:
        match chance.randrange(12):
            case 0:
                return quote_from_bytes(chance.randbytes(chance.randrange(24)), safe="").encode()
            case 1:  # what may stand in an address as it is
                return bytes(chance.choice(b"!$'()*,-./:;?@_~{}|^`[]\\\"<>azAZ09%&=+") for _ in range(chance.randrange(24)))
            case 2 if chance.random() < 0.1:  # what may not
                return chance.randbytes(chance.randrange(1, 6))
        return chance.choice(VALUES)

    def pair() -> bytes:
        key = chance.choice(KEYS) if chance.random() < 0.8 else piece()
        return key + (b"=" if chance.random() < 0.9 else b"") + piece()

    def arguments() -> bytes:
        verb = chance.choice(tuple(VERBS))
        pairs = [b"verb=" + verb.encode()] if chance.random() < 0.95 else []
        if chance.random() < 0.6:  # nearly right: the arguments of the verb, with whatever values
            known = VERBS[verb]
            keys = {known.exclusive} if known.exclusive and chance.random() < 0.2 else known.required
            keys |= {key for key in known.optional if chance.random() < 0.3} if keys == known.required else set()
            usual = {"metadataPrefix": b"oai_dc", "set": b"type", "from": b"2026-01-01"}
            pairs += [
                key.encode() + b"=" + (usual[key] if key in usual and chance.random() < 0.8 else piece()) for key in sorted(keys)
            ]
        else:
            pairs += [pair() for _ in range(chance.randrange(4))]
        chance.shuffle(pairs)
        return b"&".join(pairs)

    query = arguments()
    if chance.random() < 0.7:
        return query, None
    form = chance.randbytes(chance.randrange(200)) if chance.random() < 0.4 else arguments()
    return query if chance.random() < 0.3 else b"", form


def message(asked: Asked) -> bytes:
    """Write a request as it goes over the wire."""
    query, form = asked
    target = b"/oai?" + query
    if form is None:
        return b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(form)
    return b"POST " + target + b" HTTP/1.1\r\nHost: x\r\n" + kind + form


def requests() -> st.SearchStrategy[Asked]:
    """Return requests by lot as a strategy."""
    return st.integers(0, 2**64).map(lambda seed: request(random.Random(seed)))
