"""What is kept of a secret that is random enough not to be guessed: its SHA-256. Pure.

Salt and slowness protect what people think up; a word of 75 bits and more needs neither, and is looked up by its digest, so
that the time of an answer tells nothing about how much of a guess was right.
"""

import hashlib


def digest(word: str) -> str:
    return hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest()
