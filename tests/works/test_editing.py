"""What becomes of a form that comes back, and that no field of a work is left out of it."""

import pytest

from server.forms.entry import Entry
from server.records.model import Agent, File, Licence, Record, Text
from server.records.sniff import differs, kind_of, safe_name
from server.works import editing
from server.works.editing import FILES, RECORD, Basis, Sheet
from server.works.labels import LABELS, TYPES_BY_CATEGORY
from server.works.sections import SECTIONS

KEY = b"only for tests"
PEAS = Record(type="publication.journalArticle", title=Text(value="Peas"), creators=(Agent(family="Mendel"),))


def leaves(entry: Entry) -> set[str]:
    return {entry.path} if not entry.parts else {path for part in entry.parts for path in leaves(part)}


def test_every_field_of_a_work_stands_in_one_part_of_the_form() -> None:
    form = RECORD.show()
    asked = [name for section in SECTIONS for name in section.fields]
    covered = [path for name in asked for path in sorted(leaves(form[name]))]
    assert sorted(covered) == sorted(path for entry in form.entries for path in leaves(entry))


def test_every_field_is_named_by_the_table() -> None:
    assert {path.partition(".")[0] for path in LABELS} == set(Record.__struct_fields__)
    assert sum(len(group.choices) for group in TYPES_BY_CATEGORY) == 83


def pairs(record: Record) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def walk(entry: Entry) -> None:
        if entry.origin is not None:
            found.append((f"{entry.path}.@", str(entry.origin)))
        found.extend((entry.path, text) for text in entry.texts)
        for part in entry.parts:
            walk(part)

    sheet = editing.shown(record)
    walk(sheet.record.whole)
    walk(sheet.files.whole)
    return found


def problems(record: Record, **changes: str) -> dict[str, str]:
    changed = {name.replace("__", "."): text for name, text in changes.items()}
    sent = [pair for pair in pairs(record) if pair[0] not in changed] + list(changed.items())
    made = editing.read(sent, Basis(record))
    return {error.path: error.text for error in made.errors} if isinstance(made, Sheet) else {}


def test_a_form_sent_as_it_was_shown_is_the_same_work() -> None:
    record = Record(
        type="dataset.dataset", title=Text(value="Peas"), creators=(Agent(family="Mendel"), Agent(kind="org", name="Abbey")),
        files=(File(name="a/b.csv", sha256="a", md5="b", bytes=3, role="data"),), licences=(Licence(name="Own words"),),
    )  # fmt: skip
    assert editing.read(pairs(record), Basis(record)) == record


WRONG = (
    ({"languages": "de\nx y z"}, "languages"), ({"title__lang": "d e"}, "title.lang"),
    ({"identifiers__0__scheme": "doi", "identifiers__0__value": "peas"}, "identifiers.0.value"),
    ({"files__0__name": "../../etc/passwd"}, "files.0.name"), ({"files__0__name": "/etc"}, "files.0.name"),
    ({"files__1__name": "a.pdf"}, "files.1.name"), ({"files__0__name": "a\\b"}, "files.0.name"),
    ({"files__0__name": "x" * 300}, "files.0.name"), ({"files__0__access": "x"}, "files.0.access"),
)  # fmt: skip


@pytest.mark.parametrize(("changes", "path"), WRONG)
def test_what_only_the_repository_knows_is_said_at_its_field(changes: dict[str, str], path: str) -> None:
    record = Record(
        type="dataset.dataset", title=Text(value="Peas"), files=(File(name="a.pdf", sha256="a"), File(name="b.pdf", sha256="b"))
    )
    assert list(problems(record, **changes)) == [path]


def test_a_known_licence_is_named_by_its_address() -> None:
    sent = [*pairs(PEAS), ("licences.0.uri", "https://creativecommons.org/licenses/by/4.0/")]
    made = editing.read(sent, Basis(PEAS))
    assert isinstance(made, Record)
    assert made.licences == (Licence(uri="https://creativecommons.org/licenses/by/4.0/", name="CC BY 4.0", spdx="CC-BY-4.0"),)


def test_files_cannot_be_made_by_typing() -> None:
    made = editing.read([*pairs(PEAS), ("files.0.name", "secret.pdf"), ("files.0.sha256", "a" * 64)], Basis(PEAS))
    assert isinstance(made, Record)
    assert made.files == ()
    assert FILES.whole.fields[0].name == "files"


def test_notes_are_for_one_account_and_cannot_be_changed() -> None:
    note = editing.note_of(KEY, 1, File(name="peas.pdf", sha256="a"))
    assert [file.name for _, file in editing.noted(KEY, 1, [note])] == ["peas.pdf"]
    for other in (
        (KEY, 2, note),
        (b"another", 1, note),
        (KEY, 1, f"x{note}"),
        (KEY, 1, note[:-1]),
        (KEY, 1, "é.é"),
        (KEY, 1, ""),
    ):
        assert editing.noted(other[0], other[1], [other[2]]) == ()


def test_files_get_names_of_their_own() -> None:
    files = [File(name="a.pdf"), File(name="a.pdf"), File(name="README")]
    assert [file.name for file in editing.apart(files, ["a.pdf", "README"])] == ["a (2).pdf", "a (3).pdf", "README (2)"]


KINDS = (
    ("peas.pdf", b"%PDF-1.7", "application/pdf"), ("peas.pdf", b"<html>", "text/html"), ("peas.pdf", b"plain", "text/plain"),
    ("peas.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("peas.txt", b"PK\x03\x04", "application/zip"), ("peas.csv", b"a,b\n", "text/csv"), ("peas", b"words", "text/plain"),
    ("peas.exe", b"MZ\x90", "application/vnd.microsoft.portable-executable"), ("peas", b"\x00\xff", "application/octet-stream"),
    ("peas.svg", b"<svg xmlns=''>", "image/svg+xml"), ("peas.png", b"\x89PNG\r\n\x1a\n", "image/png"),
    ("peas.pdf", b"", "application/pdf"), ("é.txt", "é".encode() * 600, "text/plain"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "head", "kind"), KINDS)
def test_the_bytes_say_what_a_file_is(name: str, head: bytes, kind: str) -> None:
    assert kind_of(name, head) == kind


def test_a_name_that_says_otherwise_is_known_later() -> None:
    assert differs("peas.pdf", "text/html") == "application/pdf"
    assert differs("peas.pdf", "application/pdf") == ""
    assert differs("peas", "text/plain") == ""


NAMES = {
    "peas.pdf": "peas.pdf", "C:\\Users\\mendel\\peas.pdf": "peas.pdf", "../../etc/passwd": "passwd", ".htaccess": "htaccess",
    "a\x00b\x1f.txt": "ab.txt", "": "file", "..": "file", "a  b.txt": "a b.txt", "evil\u202efdp.exe": "evilfdp.exe",
}  # fmt: skip


@pytest.mark.parametrize(("given", "kept"), NAMES.items())
def test_names_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("x" * 500 + ".pdf").endswith("x.pdf")
    assert len(safe_name("x" * 500 + ".pdf")) == 200
