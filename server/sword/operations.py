"""What the operations of SWORD make of a draft (SWORD 2.0 § 6.3 to § 6.8, SWORD 3.0 § 7), and when a draft is a work. Pure."""

from collections.abc import Callable, Sequence
from pathlib import PurePath

import msgspec

from server.errors import Invalid
from server.records.merge import merged
from server.records.model import File, Record, Text
from server.sword.model import ENTRY_TYPES, JSON_TYPES, NOT_FETCHED, NOTHING, UNTYPED, Content, Deposit, Draft, Operation


def applied(draft: Draft, operation: Operation, content: Content) -> Draft:
    """Return the draft after an operation. What says nothing of metadata leaves them as they are, unless all is replaced."""
    return _APPLIED[operation](draft, content)


def _as_it_was(draft: Draft, _content: Content) -> Draft:
    return draft


def _replace_all(draft: Draft, content: Content) -> Draft:
    return Draft(record=content.record or draft.record, files=content.files)


def _add(draft: Draft, content: Content) -> Draft:
    both = merged(draft.record, content.record) if draft.record and content.record else draft.record or content.record
    return Draft(record=both, files=_added(draft.files, content.files))


def _replace_file(draft: Draft, content: Content) -> Draft:
    anew = {file.name: file for file in content.files}
    return Draft(record=draft.record, files=tuple(anew.get(file.name, file) for file in draft.files))


#: What each operation makes of a draft, from SWORD 2.0 § 6.3 to § 6.8 and SWORD 3.0 § 7.
_APPLIED: dict[Operation, Callable[[Draft, Content], Draft]] = {
    Operation.CREATE: _replace_all,
    Operation.ADD: _add,
    Operation.REPLACE_METADATA: lambda draft, content: Draft(record=content.record or draft.record, files=draft.files),
    Operation.REPLACE_CONTENT: lambda draft, content: Draft(record=draft.record or content.record, files=content.files),
    Operation.REPLACE_ALL: _replace_all,
    Operation.REPLACE_OBJECT: lambda _draft, content: Draft(record=content.record, files=content.files),
    Operation.REPLACE_FILE: _replace_file,
    Operation.CLEAR_METADATA: lambda draft, _content: Draft(files=draft.files),
    Operation.DELETE_CONTENT: lambda draft, _content: Draft(record=draft.record),
    Operation.DELETE_FILE: lambda draft, content: Draft(
        record=draft.record, files=tuple(file for file in draft.files if file.name not in content.gone)
    ),
    Operation.COMPLETE: _as_it_was,
    Operation.DELETE: _as_it_was,
}


def mends(held: Deposit, operation: Operation, content: Content) -> bool:
    """Whether a request brings anew what is held."""
    if held.operation in {Operation.COMPLETE, Operation.DELETE_CONTENT, Operation.DELETE_FILE}:
        return True
    if operation is Operation.REPLACE_OBJECT:
        return True
    if held.problem is not None and held.problem.code == NOTHING:
        return content.record is not None or bool(content.files)
    if held.operation is Operation.REPLACE_METADATA or _kind(held) in ENTRY_TYPES | JSON_TYPES:
        return content.record is not None
    return bool(content.files) or operation is Operation.DELETE_CONTENT


def mended(held: Sequence[Deposit], deposit: Deposit, content: Content) -> tuple[str, ...]:
    """Return which of a container's held deposits a request mends.

    What takes the place of all files mends them all. What is added mends one: that of its name; of another name only the one
    that alone is held, and never a file that was named by its address and did not come.
    """
    able = [each for each in held if mends(each, deposit.operation, content)]
    if deposit.operation is not Operation.ADD:
        return tuple(each.id for each in able)
    files = [each for each in able if content.files and _is_file(each)]
    names = {deposit.filename, *(file.name for file in content.files)}
    named = [each.id for each in files if each.filename in names]
    alone = [each.id for each in files if len(files) == 1 and _code(each) != NOT_FETCHED]
    others = [each.id for each in able if each not in files]
    return (*others, *(named or alone)[:1])


def _is_file(held: Deposit) -> bool:
    """Whether what is held is a file or a package, and not metadata, an empty deposit or one in parts."""
    kind = _kind(held)
    return _code(held) != NOTHING and kind not in ENTRY_TYPES | JSON_TYPES and not kind.startswith("multipart/")


def _code(held: Deposit) -> str:
    return held.problem.code if held.problem is not None else ""


def _kind(held: Deposit) -> str:
    return (held.content_type or "").partition(";")[0].strip().lower()


def completed(draft: Draft) -> Record:
    """Return the record a draft makes. One without metadata is named after its first file, as its depositor said nothing else.

    Raises Invalid for a draft with nothing in it: it would be a work nobody can tell from another.
    """
    record = draft.record
    if record is None:
        if not draft.files:
            raise Invalid(
                "The deposit is complete, and there is nothing in it: no metadata and no files.",
                place="deposit",
                remedy="Send metadata or files to it; it is then published.",
                code=NOTHING,
            )
        record = Record(type=UNTYPED, title=Text(value=PurePath(draft.files[0].name).name))
    return msgspec.structs.replace(record, files=draft.files)


def drafted(record: Record) -> Draft:
    """Return the draft a record can be edited as."""
    return Draft(record=msgspec.structs.replace(record, files=()), files=record.files)


def _added(files: tuple[File, ...], more: tuple[File, ...]) -> tuple[File, ...]:
    """Add files without overwriting (SWORD 2.0 § 6.7.1).

    The same name with other bytes gets a number, the same bytes are there already.
    """
    result = list(files)
    names = {file.name: file.sha256 for file in files}
    for file in more:
        if names.get(file.name) == file.sha256:
            continue
        path, number, name = PurePath(file.name), 1, file.name
        while name in names:
            number += 1
            name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        names[name] = file.sha256
        result.append(msgspec.structs.replace(file, name=name))
    return tuple(result)
