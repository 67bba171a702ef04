"""An upload in segments in values (SWORD 3.0 § 11): how it begins, what is expected of it. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from server.sword.errors import BadRequest
from server.sword.v3.errors import InvalidSegmentSize, MaxAssembledSizeExceeded, SegmentLimitExceeded, UnexpectedSegment
from server.sword.v3.request import SegmentInit

MOST_SEGMENTS = 10_000
SMALLEST_SEGMENT = 1
MOST_OPEN = 1_000
"""Uploads one account may have begun and not yet used."""
LARGEST_OPEN = 4
"""How many files of the largest size these may come to."""
IDLE = timedelta(days=1)
"""After this long without a segment an upload is given up."""


@dataclass(frozen=True, slots=True)
class Staged:
    """An upload in segments as it stands."""

    id: str
    account_id: int
    bytes: int
    count: int
    segment_bytes: int
    digest: str
    received: tuple[int, ...]

    @property
    def expecting(self) -> tuple[int, ...]:
        known = set(self.received)
        return tuple(number for number in range(1, self.count + 1) if number not in known)

    def size_of(self, number: int) -> int:
        """Return the bytes a segment must have: all are alike, but the last one has the rest."""
        return self.segment_bytes if number < self.count else self.bytes - (self.count - 1) * self.segment_bytes


def check(init: SegmentInit, largest: int, largest_segment: int) -> None:
    """Refuse an upload we cannot take (§ 11.1), or whose numbers do not add up."""
    if init.size > largest:
        raise MaxAssembledSizeExceeded(
            f"The file would have {init.size} bytes; {largest} are allowed.",
            place="Content-Disposition size",
            remedy="Send a smaller file.",
        )
    if not SMALLEST_SEGMENT <= init.segment_size <= largest_segment:
        raise InvalidSegmentSize(
            f"Segments of {init.segment_size} bytes are not taken; {SMALLEST_SEGMENT} to {largest_segment} are.",
            place="Content-Disposition segment_size",
            remedy="Cut the file in other pieces.",
        )
    if init.count > MOST_SEGMENTS:
        raise SegmentLimitExceeded(
            f"The file would have {init.count} segments; {MOST_SEGMENTS} are allowed.",
            place="Content-Disposition segment_count",
            remedy="Cut the file in larger pieces.",
        )
    if init.count != -(-init.size // init.segment_size):
        raise BadRequest(
            f"{init.size} bytes in segments of {init.segment_size} are not {init.count} segments.",
            place="Content-Disposition",
            remedy="Send size, segment_size and segment_count that fit.",
        )


def expected(upload: Staged, number: int, size: int | None) -> None:
    """Refuse a segment nobody expects (§ 11.2) or of a wrong size; a size of None is not known yet."""
    if number > upload.count:
        raise UnexpectedSegment(
            f"Segment {number} is not expected: there are {upload.count}.",
            place="Content-Disposition segment_number",
            remedy="Number the segments from 1.",
        )
    if size is not None and size != (wanted := upload.size_of(number)):
        raise wrong_size(number, wanted, str(size))


def wrong_size(number: int, wanted: int, size: str) -> InvalidSegmentSize:
    return InvalidSegmentSize(
        f"Segment {number} has {size} bytes; {wanted} are expected.", place="body", remedy="Send it whole, or begin anew."
    )


def room(count: int, size: int, init: SegmentInit, largest: int) -> None:
    """Refuse another upload of who has `count` of them open already, of `size` bytes together (§ 11.1)."""
    if count >= MOST_OPEN or size + init.size > LARGEST_OPEN * largest:
        raise MaxAssembledSizeExceeded(
            f"{count} uploads of {size} bytes are open; {MOST_OPEN} are allowed, of {LARGEST_OPEN * largest} bytes together.",
            place="Content-Disposition size",
            remedy="Refer to those that are whole, DELETE those that are not wanted, then begin this one.",
        )


def received_already(number: int) -> UnexpectedSegment:
    return UnexpectedSegment(
        f"Segment {number} was received already, with other bytes.",
        place="Content-Disposition segment_number",
        remedy="GET the Temporary-URL: it says which segments are expected.",
    )
