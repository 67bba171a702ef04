"""A work written by form: what is shown, what becomes of what comes back, and what only the repository can know is wrong.

The form of the work and the form of its files are two, for no file can be made by typing. What was uploaded with a form that is
not saved yet goes along with it as signed notes, so that nothing is sent twice and nobody can claim bytes they never sent.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from server.forms.entry import blank as blank_entry
from server.forms.fault import Fault
from server.forms.form import Error, Form, Layout
from server.forms.posted import Press, press
from server.identifiers import ledger
from server.identifiers.schemes import doi
from server.records.model import File, Licence, Record
from server.records.sniff import by_name, kind_of, safe_name
from server.works.asked import RULES
from server.works.labels import LABELS, LICENCES
from server.works.sections import Section

LONGEST_FILE_NAME = 240
UPLOADED = "uploaded"
"""The field that carries the notes of what was uploaded."""

_LOST = "was sent too long ago and is not kept any more; remove it and choose it again"
_FIRST = 1_000_000
"""The number of the first row that was uploaded: behind all others."""


class Held(Struct, frozen=True, kw_only=True):
    """The files of a work."""

    files: tuple[File, ...] = ()


_FIXED = ("files.mime", "files.bytes", "files.sha256", "files.md5")
#: What only the registry can say, not whoever writes the work.
_AUTHENTICATED = tuple(f"{path}.ids.authenticated" for path in ("creators", "contributors", "publisher"))
RECORD = Layout.of(Record, labels=LABELS, without=("files", *_AUTHENTICATED), rules=RULES)
FILES = Layout.of(
    Held, labels={path: label for path, label in LABELS.items() if path.partition(".")[0] == "files"}, read_only=_FIXED
)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a form was made from: the work as it was then, and the files uploaded since, each with its note.

    The last `fresh` of them came with this very request, so that the form could have no rows for them.
    """

    record: Record | None = None
    uploaded: tuple[File, ...] = ()
    notes: tuple[str, ...] = ()
    fresh: int = 0

    @property
    def held(self) -> Held:
        return Held(files=(*(self.record.files if self.record else ()), *self.uploaded))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it is drawn."""

    record: Form
    files: Form
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Error, ...]:
        return self.record.errors + self.files.errors

    def opens(self, section: Section) -> bool:
        """Whether a part of the form is to be shown unfolded: something in it is filled in, wrong, or was just added."""
        of = {name.partition(".")[0] for name in section.fields}
        told = (error.path for error in (*self.errors, *self.record.advices))
        here = any(path.partition(".")[0] in of for path in (self.record.focus, *told))
        return not section.folded or here or not all(blank_entry(self.record[name]) for name in section.fields)

    def advise(self, advice: Mapping[str, Fault]) -> "Sheet":
        """Return the form with what somebody should look at, though it can be saved as it is."""
        return Sheet(self.record.advise(advice) if advice else self.record, self.files, self.notes)

    def refuse(self, problems: dict[str, str]) -> "Sheet":
        """Return the form with what only a use case can know is wrong."""
        of_files = {path: text for path, text in problems.items() if path.startswith("files.")}
        rest = {path: text for path, text in problems.items() if path not in of_files}
        record = self.record.refuse(rest) if rest else self.record
        return Sheet(record, self.files.refuse(of_files) if of_files else self.files, self.notes)


def blank() -> Sheet:
    """Return the form of a new work, with room for a creator, for nearly all works have one."""
    whole, _ = press(RECORD.show().whole, Press("add", "creators"))
    return Sheet(Form(whole), FILES.show(Held()))


def shown(record: Record) -> Sheet:
    """Return the form of a work that is there."""
    return Sheet(RECORD.show(record), FILES.show(Held(files=record.files)))


def read(posted: Iterable[tuple[str, str]], basis: Basis) -> Record | Sheet:
    """Return the work as it was posted, or the form to be drawn again with all that is wrong."""
    pairs = [*posted, *_rows(basis)]
    record, held = RECORD.read(pairs, basis.record), FILES.read(pairs, basis.held)
    files = held.files if isinstance(held, Held) else ()
    kept = tuple(file for file in files if file.sha256)
    lost = {f"files.{n}.name": _LOST for n, file in enumerate(files) if file.bytes and not file.sha256}
    problems = dict(_name_faults(kept)) | lost
    if isinstance(record, Record) and isinstance(held, Held) and not problems:
        return msgspec.structs.replace(record, files=kept, licences=tuple(map(_completed, record.licences)))
    return Sheet(
        record if isinstance(record, Form) else RECORD.again(pairs, basis.record, {}),
        held if isinstance(held, Form) else FILES.again(pairs, basis.held, problems),
        basis.notes,
    )


def again(posted: Iterable[tuple[str, str]], basis: Basis, problems: dict[str, str]) -> Sheet:
    """Return the form as it was posted, with problems a use case found: path of the field → sentence."""
    return _again([*posted, *_rows(basis)], basis, problems)


def _again(pairs: list[tuple[str, str]], basis: Basis, problems: dict[str, str]) -> Sheet:
    sheet = Sheet(RECORD.again(pairs, basis.record, {}), FILES.again(pairs, basis.held, {}), basis.notes)
    return sheet.refuse(problems)


def _rows(basis: Basis) -> Iterator[tuple[str, str]]:
    """Yield what the rows of files that came with this very request would have posted."""
    files = basis.held.files
    for number in range(len(files) - basis.fresh, len(files)):
        path = f"files.{_FIRST + number}"
        yield f"{path}.@", str(number)
        yield f"{path}.name", files[number].name
        yield f"{path}.role", files[number].role


def _completed(licence: Licence) -> Licence:
    """Fill in what is known of a licence by its address."""
    name, spdx = LICENCES.get(licence.uri, ("", ""))
    return msgspec.structs.replace(licence, name=licence.name or name, spdx=licence.spdx or spdx)


def _name_faults(files: tuple[File, ...]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the names of a work's files: path → sentence."""
    seen: set[str] = set()
    for number, file in enumerate(files):
        if fault := _name_fault(file.name, seen):
            yield f"files.{number}.name", fault
        seen.add(file.name)


def _name_fault(name: str, seen: set[str]) -> str:
    if name in seen:
        return "is the name of another file of this work too"
    if len(name) > LONGEST_FILE_NAME:
        return f"must have at most {LONGEST_FILE_NAME} characters"
    if "\\" in name or any(part in {"", ".", ".."} for part in name.split("/")):
        return "must be a name, perhaps with folders before it: data/peas.csv"
    return ""


def taken_names(tx: Connection, record: Record, record_id: str) -> dict[str, str]:
    """Return which of a work's DOIs are other works' already: path of the field → sentence."""
    found = {}
    for number, identifier in enumerate(record.identifiers):
        if identifier.scheme == "doi":
            owner = ledger.owner_of(tx, "doi", doi.normal(identifier.value))
            if owner not in {None, record_id}:
                found[f"identifiers.{number}.value"] = f"belongs to work {owner} already; if it is the same work, change that one"
    return found


def described(name: str, head: bytes, size: int, sha256: str, md5: str) -> File:
    """Return the file that uploaded bytes make; its type is what bytes and name agree on."""
    name = safe_name(name)
    kind = kind_of(name, head)
    role = "fulltext" if kind in _TEXTS or by_name(name) in _TEXTS else "other"
    return File(name=name, mime=kind, bytes=size, sha256=sha256, md5=md5, role=role)


_TEXTS = frozenset({
    "application/pdf", "text/html", "text/plain", "application/epub+zip", "application/msword", "application/postscript",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.oasis.opendocument.text",
})  # fmt: skip


def apart(files: Iterable[File], known: Iterable[str]) -> tuple[File, ...]:
    """Return files with names of their own: the second `peas.pdf` is `peas (2).pdf`."""
    names, result = set(known), []
    for file in files:
        stem, dot, suffix = file.name.rpartition(".")
        name, number = file.name, 1
        while name in names:
            number += 1
            name = f"{stem} ({number}){dot}{suffix}" if stem else f"{file.name} ({number})"
        names.add(name)
        result.append(msgspec.structs.replace(file, name=name))
    return tuple(result)


def note_of(key: bytes, account_id: int, file: File) -> str:
    """Return the signed note of a file somebody uploaded."""
    body = urlsafe_b64encode(msgspec.json.encode(file)).decode()
    return f"{body}.{_signature(key, account_id, body)}"


def noted(key: bytes, account_id: int, notes: Iterable[str]) -> tuple[tuple[str, File], ...]:
    """Return the files of notes that are ours and for this account; others are passed over."""
    found = []
    for note in notes:
        body, _, signature = note.partition(".")
        if signature.isascii() and hmac.compare_digest(signature, _signature(key, account_id, body)):
            found.append((note, msgspec.json.decode(urlsafe_b64decode(body), type=File)))
    return tuple(found)


def _signature(key: bytes, account_id: int, body: str) -> str:
    return hmac.digest(key, f"uploaded\0{account_id}\0{body}".encode("utf-8", "replace"), "sha256").hex()
