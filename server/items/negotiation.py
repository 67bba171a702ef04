"""Which of several forms a client likes best (RFC 9110 § 12.5.1). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    weight: float
    parameters: tuple[tuple[str, str], ...]

    def fits(self, media: str) -> int:
        """Return how exactly a media type is meant: 3 by its name, 2 by its kind, 1 by anything, 0 not at all."""
        if self.kind == media:
            return 3
        if self.kind.endswith("/*") and media.startswith(self.kind[:-1]):
            return 2
        return 1 if self.kind == "*/*" else 0


@dataclass(frozen=True, slots=True)
class Choice:
    """The media type that was chosen, and the parameters it was asked for with."""

    media: str
    parameters: dict[str, str]


def choose(accept: Sequence[str], offered: Iterable[str]) -> Choice | None:
    """Return the best of the media types offered, or None where the client takes none of them.

    `accept` are the lines of the header, none where the client says nothing. The most exact range decides about a media type;
    among equals the one offered first is taken.
    """
    ranges = _ranges(",".join(accept)[:_LONGEST])
    best: tuple[float, Choice] | None = None
    for media in offered:
        if not ranges:
            return Choice(media, {})
        found = max(ranges, key=lambda each: (each.fits(media), len(each.parameters)))
        if found.fits(media) and found.weight > 0 and (best is None or found.weight > best[0]):
            best = found.weight, Choice(media, dict(found.parameters))
    return best and best[1]


def _ranges(header: str) -> list[_Range]:
    found = []
    for part in header.split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        if "/" not in kind:
            continue
        pairs = [
            (name.strip().lower(), value.strip().strip('"')) for name, _, value in (each.partition("=") for each in parameters)
        ]
        weight = next((value for name, value in pairs if name == "q"), "1")
        found.append(_Range(kind.lower(), _weight(weight), tuple(pair for pair in pairs if pair[0] != "q")))
    return found


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
