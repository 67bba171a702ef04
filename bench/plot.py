"""A plot as SVG: points of several kinds over two axes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

_WIDTH, _HEIGHT, _EDGE = 800, 400, 60
_COLOURS = ("#1b6ca8", "#b8460e", "#3d7a37", "#7a3d76")

Points = Sequence[tuple[float, float]]


def plot(path: Path, title: str, across: str, up: str, kinds: Mapping[str, Points]) -> None:
    """Write the plot; both axes begin at 0, and the upper one in a hundred of the values is cut off."""
    far = max((x for points in kinds.values() for x, _ in points), default=1) or 1
    values = sorted(y for points in kinds.values() for _, y in points) or [1.0]
    high = values[len(values) * 99 // 100] * 1.1 or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<title>{title}</title><rect width="100%" height="100%" fill="white"/>',
        f'<path d="M{_EDGE},{_EDGE}V{_HEIGHT - _EDGE}H{_WIDTH - _EDGE}" fill="none" stroke="black"/>',
        f'<text x="{_WIDTH / 2}" y="24" text-anchor="middle" font-size="15">{title}</text>',
        f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 14}" text-anchor="middle">{across}</text>',
        f'<text x="16" y="{_HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 16 {_HEIGHT / 2})">{up}</text>',
    ]
    for tenth in range(0, 11, 2):
        x, y = _place(far * tenth / 10, high * tenth / 10, far, high)
        parts.append(f'<text x="{x:.0f}" y="{_HEIGHT - _EDGE + 16}" text-anchor="middle">{far * tenth / 10:,.0f}</text>')
        parts.append(f'<text x="{_EDGE - 6}" y="{y + 4:.0f}" text-anchor="end">{high * tenth / 10:.2g}</text>')
    for number, (name, points) in enumerate(kinds.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        places = (_place(x, y, far, high) for x, y in points if y <= high)
        parts += (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{colour}" fill-opacity="0.6"/>' for x, y in places)
        parts.append(f'<text x="{_WIDTH - _EDGE}" y="{44 + 16 * number}" text-anchor="end" fill="{colour}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>\n"]))


def _place(x: float, y: float, far: float, high: float) -> tuple[float, float]:
    return _EDGE + x / far * (_WIDTH - 2 * _EDGE), _HEIGHT - _EDGE - y / high * (_HEIGHT - 2 * _EDGE)
