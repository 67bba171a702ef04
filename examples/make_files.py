"""Make the PDFs, drawings and the source archive of the examples from make_files.toml and their tables (standard library only).

Run `python examples/make_files.py` to write them into this folder, or name another folder to compare. The same input gives the same bytes.
"""

import csv
import math
import sys
import tomllib
import unicodedata
import zipfile
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: Advance widths of Helvetica for U+0020 to U+007E, in thousandths of the size (Adobe's font metrics).
_WIDTHS = tuple(
    int(width)
    for width in (
        "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 "
        "1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 "
        "333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
    ).split()
)
_BOLD = 1.08  # bold runs wider; a little too wide is safe for breaking lines

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 72


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line in points; an accented letter is as wide as its base."""
    total = 0
    for char in text:
        base = ord(unicodedata.normalize("NFD", char)[0])
        total += _WIDTHS[base - 32] if 32 <= base <= 126 else 556
    return total * size / 1000 * (_BOLD if bold else 1)


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Break a paragraph into lines that fit the room."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width(longer, size, bold=bold) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


class Pages:
    """Lines of text set on A4 pages, from top to bottom."""

    def __init__(self) -> None:
        self.pages: list[list[bytes]] = []
        self.y = 0.0

    def line(self, text: str, size: float, *, bold: bool = False, x: float = MARGIN, advance: float | None = None) -> None:
        step = size * 1.4 if advance is None else advance
        if not self.pages or self.y - step < MARGIN:
            self.pages.append([])
            self.y = PAGE_HEIGHT - MARGIN
        self.y -= step
        shown = text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
        font = b"/F2" if bold else b"/F1"
        self.pages[-1].append(b"BT %s %g Tf %g %g Td (%s) Tj ET" % (font, size, x, self.y, shown))

    def paragraph(self, text: str, size: float, *, bold: bool = False) -> None:
        for line in wrapped(text, size, PAGE_WIDTH - 2 * MARGIN, bold=bold):
            self.line(line, size, bold=bold)

    def gap(self, points: float) -> None:
        self.y -= points

    def table(self, rows: list[list[str]], size: float) -> None:
        """Set a table; every column is as wide as its widest cell, the first row is bold."""
        widths = [max(width(cell, size, bold=True) for cell in column) + 14 for column in zip(*rows, strict=True)]
        for number, row in enumerate(rows):
            x = float(MARGIN)
            for column, cell in enumerate(row):
                self.line(cell, size, bold=number == 0, x=x, advance=0 if column else None)
                x += widths[column]


def pdf(document: dict) -> bytes:
    """Set one document of make_files.toml as a PDF 1.4 in Helvetica."""
    pages = Pages()
    pages.paragraph(document["title"], 18, bold=True)
    pages.gap(4)
    pages.paragraph(document["author"], 12)
    pages.gap(10)
    for block in document["text"].strip().split("\n\n"):
        if block.startswith("# "):
            pages.gap(4)
            pages.paragraph(block[2:], 13, bold=True)
        elif block.startswith("@"):
            rows = read(HERE / Path(document["file"]).parent / block[1:].strip())
            pages.table([[cell.replace("_", " ") for cell in rows[0]], *rows[1:]], 9)
            pages.gap(8)
        else:
            pages.paragraph(block, 11)
            pages.gap(6)
    return written(pages.pages, document)


def written(pages: list[list[bytes]], document: dict) -> bytes:
    """Write pages as a PDF file: objects, cross-reference table, trailer."""

    def text(value: str) -> bytes:
        return b"<" + ("\ufeff" + value).encode("utf-16-be").hex().upper().encode() + b">"

    first = 6  # the objects before the pages: catalogue, page tree, two fonts, document information
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (%s) /ViewerPreferences << /DisplayDocTitle true >> >>"
        % document["lang"].encode(),
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
        b"<< /Title %s /Author %s /Producer (Sheaf examples) >>" % (text(document["title"]), text(document["author"])),
    ]
    for number, lines in enumerate(pages):
        content = b"\n".join(lines)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents %d 0 R >>"
            % (PAGE_WIDTH, PAGE_HEIGHT, first + 2 * number + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def archive(target: Path, members: dict[str, str]) -> None:
    """Write a zip whose bytes depend on its members only: stored, with one fixed date."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as package:
        for name, body in members.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            package.writestr(entry, body.encode())


def read(table: Path) -> list[list[str]]:
    """Read a CSV file as rows of cells."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def svg(size: tuple[int, int], title: str, description: str, body: list[str]) -> str:
    """Frame a drawing: white ground, title and description for those who cannot see it."""
    across, down = size
    return "\n".join((
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" height="{down}" role="img" '
        'aria-labelledby="t d" font-family="sans-serif">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(description)}</desc>',
        f'<rect width="{across}" height="{down}" fill="#fff"/>',
        *body,
        "</svg>\n",
    ))  # fmt: skip


def label(x: float, y: float, text: str, *, size: int = 12, anchor: str = "middle", turn: float = 0) -> str:
    """Write a word into a drawing."""
    rotation = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#222"{rotation}>{escape(text)}</text>'


def rose(table: list[list[str]]) -> str:
    """Draw the deaths of each month as sectors whose areas are yearly rates in a thousand, one rose for each year."""
    kinds = (("disease", "#8fb8d6"), ("other causes", "#555555"), ("wounds", "#d98a8a"))
    body = []
    for year, (cx, first) in enumerate(((470, 0), (170, 12))):
        cy = 330 if year == 0 else 300
        for number, (month, strength, disease, wounds, other) in enumerate(table[1 + first : 13 + first]):
            angle = math.radians(30 * number - 180)
            # drawn from the centre one over another: the widest first
            sectors = sorted(zip((int(disease), int(other), int(wounds)), kinds, strict=True), key=lambda pair: -pair[0])
            for deaths, (_, colour) in sectors:
                radius = 9 * math.sqrt(deaths * 12000 / int(strength))
                x1, y1 = cx + radius * math.cos(angle), cy + radius * math.sin(angle)
                x2, y2 = cx + radius * math.cos(angle + math.pi / 6), cy + radius * math.sin(angle + math.pi / 6)
                body.append(
                    f'<path d="M{cx} {cy} L{x1:.1f} {y1:.1f} A{radius:.1f} {radius:.1f} 0 0 1 {x2:.1f} {y2:.1f} Z" '
                    f'fill="{colour}" stroke="#333" stroke-width="0.5"><title>{month}: {deaths}</title></path>'
                )
        months = f"{table[1 + first][0]} to {table[12 + first][0]}"
        body.append(label(cx, 650, months, size=13))
    body.append(
        label(330, 675, "The months go clockwise from the left; areas are yearly rates of deaths in a thousand.", size=12)
    )
    for number, (kind, colour) in enumerate(kinds):
        body.append(
            f'<rect x="{40 + 110 * number}" y="22" width="14" height="14" fill="{colour}" stroke="#333" stroke-width="0.5"/>'
        )
        body.append(label(60 + 110 * number, 34, kind, anchor="start"))
    return svg((660, 690), "Deaths in the army in the East by month and cause",
               "Two roses of twelve sectors; the area of a sector is the yearly rate of deaths in a thousand. Disease is by far the largest cause "
               "in the winter of 1854 to 1855 and falls in the year after.", body)  # fmt: skip


def broad_street() -> str:
    """Sketch the streets, the pump and marks that thin out with the distance from it."""
    streets = (
        ("Oxford Street", 30, 50, 770, 30), ("Regent Street", 90, 40, 230, 560), ("Marlborough Street", 110, 130, 420, 110),
        ("Broad Street", 300, 300, 560, 235), ("Brewer Street", 270, 520, 560, 425), ("Poland Street", 400, 60, 440, 262),
        ("Berwick Street", 530, 50, 590, 420), ("Cambridge Street", 440, 265, 480, 350), ("Wardour Street", 640, 40, 690, 470),
    )  # fmt: skip
    body = []
    for name, x1, y1, x2, y2 in streets:
        body.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#ddd5c4" stroke-width="16" stroke-linecap="round"/>')
    for name, x1, y1, x2, y2 in streets:
        turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
        body.append(label((x1 + x2) / 2, (y1 + y2) / 2 + 4, name, size=11, turn=turn))
    body.append('<rect x="318" y="395" width="84" height="70" fill="#e3ead6" stroke="#ddd5c4" stroke-width="10"/>')
    body.append(label(360, 434, "Golden Square", size=11))
    golden = math.pi * (3 - math.sqrt(5))
    for number in range(1, 181):  # a spiral, dense in the middle: the same on every run
        radius, angle = 7 + 0.72 * number * (1 + (number % 7) / 18), number * golden
        x, y = 440 + 1.25 * radius * math.cos(angle), 268 + 0.95 * radius * math.sin(angle)
        body.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="6" height="2.4" fill="#222" opacity="0.75"/>')
    body.append('<circle cx="440" cy="268" r="8" fill="#2a6fb0" stroke="#fff" stroke-width="2"/>')
    body.append('<rect x="418" y="240" width="44" height="16" rx="3" fill="#fff" stroke="#2a6fb0"/>')
    body.append(label(440, 252, "PUMP", size=12))
    for x, y in ((150, 330), (250, 215), (600, 120), (620, 460), (330, 500)):
        body.append(f'<circle cx="{x}" cy="{y}" r="5" fill="#fff" stroke="#2a6fb0" stroke-width="2"/>')
    body.append(
        label(
            400, 590, "A sketch, not to scale. Marks show the pattern, not single deaths; other pumps are placed freely.", size=12
        )
    )
    return svg((800, 610), "Cholera around the Broad Street pump, 1854", "Streets of Soho with many small bars crowding around the pump in "
               "Broad Street and growing fewer with the distance.", body)  # fmt: skip


def periodic(table: list[list[str]]) -> str:
    """Draw the table of 1869: columns of growing weight, rows of likeness."""
    cells: dict[tuple[int, int], list[str]] = {}
    for row, column, symbol, weight, mark in table[1:]:
        written_as = f"{symbol or '?'} = {weight.replace('.', ',')}{mark if symbol else ''}"
        cells.setdefault((int(row), int(column)), []).append(written_as)
    body = [
        label(380, 34, "Опыт системы элементов", size=20),
        label(380, 58, "основанной на их атомном весе и химическом сходстве", size=13),
    ]
    for (row, column), words in cells.items():
        text = " = ".join((*(word.split(" = ")[0] for word in words[:-1]), words[-1]))
        body.append(label(-40 + 120 * column, 62 + 26 * row, text, size=14))
    body.append(label(380, 592, "Д. Менделеев, 1869", size=13))
    return svg(
        (760, 612),
        "Опыт системы элементов",
        "Шесть столбцов с символами элементов и их атомными весами; сходные элементы стоят в одной строке.",
        body,
    )


def make(target: Path) -> None:
    """Write every made file below the target folder."""
    with (HERE / "make_files.toml").open("rb") as file:
        words = tomllib.load(file)
    drawings = {
        "nightingale-mortality/rose.svg": rose(read(HERE / "nightingale-mortality/mortality.csv")),
        "snow-broad-street/broad-street.svg": broad_street(),
        "mendeleev-opyt/table.svg": periodic(read(HERE / "mendeleev-opyt/elements.csv")),
    }
    made = {document["file"]: pdf(document) for document in words["pdf"]}
    made |= {name: drawing.encode() for name, drawing in drawings.items()}
    for name, body in made.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(body)
    for package in words["zip"]:
        (target / package["file"]).parent.mkdir(parents=True, exist_ok=True)
        archive(target / package["file"], package["members"])


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
