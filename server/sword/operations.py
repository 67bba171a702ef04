"""What the operations of SWORD make of a draft (SWORD 2.0 § 6.3 to § 6.8, SWORD 3.0 § 7), and when a draft is a work. Pure."""

from collections.abc import Callable, Sequence
from pathlib import PurePath

import msgspec

from server.errors import Invalid
from server.records.embargo import closed_as, strictest
from server.records.merge import merged
from server.records.model import File, Record, Text
from server.sword.model import ENTRY_TYPES, JSON_TYPES, NOT_FETCHED, NOTHING, UNTYPED, Content, Deposit, Draft, Operation


def applied(draft: Draft, operation: Operation, content: Content) -> Draft:
    """Return the draft after an operation. What says nothing of metadata leaves them as they are, unless all is replaced."""
    return _APPLIED[operation](draft, content)


def _as_it_was(draft: Draft, _content: Content) -> Draft:
    return draft


def _described(draft: Draft, content: Content) -> Record | None:
    """Return the new metadata, or the old where none came; new ones that do not say who may have the work leave that as it is."""
    if content.record is None or draft.record is None:
        return content.record or draft.record
    return content.record if content.access else closed_as(content.record, draft.record)


def _replace_all(draft: Draft, content: Content) -> Draft:
    return Draft(record=_described(draft, content), files=_closed_as(content.files, draft.files))


def _replace_content(draft: Draft, content: Content) -> Draft:
    record = draft.record or content.record
    if draft.record and content.record:
        record = closed_as(draft.record, content.record)
    return Draft(record=record, files=_closed_as(content.files, draft.files))


def _closed_as(files: tuple[File, ...], before: tuple[File, ...]) -> tuple[File, ...]:
    """Return files that stay closed where one of their name was."""
    closed = {file.name: file.access for file in before}
    return tuple(msgspec.structs.replace(file, access=strictest(file.access, closed.get(file.name, ""))) for file in files)


def _add(draft: Draft, content: Content) -> Draft:
    both = merged(draft.record, content.record) if draft.record and content.record else draft.record or content.record
    return Draft(record=both, files=_added(draft.files, content.files))


def _replace_file(draft: Draft, content: Content) -> Draft:
    anew = {file.name: file for file in _closed_as(content.files, draft.files)}
    return Draft(record=draft.record, files=tuple(anew.get(file.name, file) for file in draft.files))


#: What each operation makes of a draft, from SWORD 2.0 § 6.3 to § 6.8 and SWORD 3.0 § 7.
_APPLIED: dict[Operation, Callable[[Draft, Content], Draft]] = {
    Operation.CREATE: _replace_all,
    Operation.ADD: _add,
    Operation.REPLACE_METADATA: lambda draft, content: Draft(record=_described(draft, content), files=draft.files),
    Operation.REPLACE_CONTENT: _replace_content,
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


def mended(held: Sequence[Deposit], deposit: Deposit, content: Content, after: Draft) -> frozenset[str]:
    """Return which of what is held (the oldest first) a request mends, by their ids: each must be brought anew.

    What replaces the metadata or the files of a container mends all that were wrong with them; what adds some mends one: the
    one of its name, or the only one. `after` is the draft with what was brought. What came later, and what stands beside a
    deposit that is only read again, is not mended by it.
    """
    before = [each for each in held if each.id < deposit.id]
    certain = {each.id for each in before if _is_surely_mended(each, deposit, content)}
    if deposit.replays:
        return frozenset(certain)
    for brings, is_lacking in _ADDED:
        lacking = [each for each in before if each.id not in certain and is_lacking(each)]
        found = next((each for each in lacking if _is_of_its_name(each, deposit, content)), None)
        if found is None and len(lacking) == 1 and not _must_be_named(lacking[0]):
            found = lacking[0]
        if found is not None and brings(content, after):
            certain |= {each.id for each in lacking if each is found or each.sha256 == found.sha256 is not None}
    return frozenset(certain)


_EMPTYING = frozenset({Operation.REPLACE_CONTENT, Operation.REPLACE_ALL, Operation.REPLACE_OBJECT, Operation.DELETE_CONTENT})
"""After these none of the files is left that were there."""


def _is_surely_mended(held: Deposit, deposit: Deposit, content: Content) -> bool:
    """Whether what was held does not matter any more: it brought nothing, or what it would have brought is replaced."""
    if deposit.operation is Operation.REPLACE_OBJECT or held.operation in _BARE:
        return True
    if _code(held) == NOTHING:
        return content.record is not None or bool(content.files)
    if _is_metadata(held):
        return deposit.operation in {Operation.REPLACE_METADATA, Operation.REPLACE_ALL} and content.record is not None
    if _is_whole(held):
        return deposit.operation is Operation.REPLACE_ALL
    return deposit.operation in _EMPTYING or held.filename in content.gone


_BARE = frozenset({Operation.COMPLETE, Operation.CLEAR_METADATA, Operation.DELETE_CONTENT, Operation.DELETE_FILE})
"""Requests that bring nothing."""


def _is_metadata(held: Deposit) -> bool:
    named = held.operation is Operation.REPLACE_METADATA or _kind(held) in ENTRY_TYPES | JSON_TYPES
    return named and _code(held) != NOT_FETCHED  # what was fetched is a file, whatever its type


def _is_whole(held: Deposit) -> bool:
    """Whether metadata and a payload were held together, so that both are lacking."""
    return _kind(held).startswith("multipart/")


def _is_payload(held: Deposit) -> bool:
    return not _is_metadata(held) and not _is_whole(held)


def _is_of_its_name(held: Deposit, deposit: Deposit, content: Content) -> bool:
    return bool(held.filename) and (
        held.filename == deposit.filename or any(file.name == held.filename for file in content.files)
    )


def _must_be_named(held: Deposit) -> bool:
    """Whether only a file of its name will do: one that was named by its address and never came, or that replaces another."""
    return _is_payload(held) and (_code(held) == NOT_FETCHED or held.operation is Operation.REPLACE_FILE)


#: What mends one deposit that is held, and which those are.
_ADDED: tuple[tuple[Callable[[Content, Draft], bool], Callable[[Deposit], bool]], ...] = (
    (lambda content, _after: content.record is not None, _is_metadata),
    (lambda content, _after: bool(content.files), _is_payload),
    (
        lambda content, after: bool(content.record or content.files) and after.record is not None and bool(after.files),
        _is_whole,
    ),
)


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
