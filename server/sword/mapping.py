"""The second look at what was read: what a client means by its own words, and what its profile says. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

import msgspec

from server.metadata.elements import shortened
from server.metadata.languages import language_of
from server.metadata.reading import Remark
from server.records.model import Record
from server.sword.causes import CAUSES
from server.sword.model import UNTYPED, Content, Draft, Operation, Problem, Rules
from server.sword.operations import completed
from server.xml import clean

_TYPELESS = frozenset({"type-unknown", "type-missing"})
_OF_WORDS = frozenset({"unmapped", "language-unknown"})
"""The classes of remarks on a single word that was left over."""
_OF_METADATA = _TYPELESS | _OF_WORDS | {"date-unknown"}

#: What a work without a date of its own is dated by.
_DEFAULT_DATES: dict[str, Callable[[date], str]] = {"year": lambda day: f"{day.year:04}", "day": date.isoformat}


def folded(word: str) -> str:
    """Return a word as it is looked up: lower case, white space folded."""
    return " ".join(word.split()).lower()


def mapped(content: Content, rules: Rules) -> tuple[Content, tuple[str, ...]]:
    """Return content with the words of its metadata understood as the profile says, and a sentence about each that was.

    What the profile says of a word goes before what we know of it; the remarks on words that are understood now are gone.
    """
    if content.record is None:
        return content, ()
    record, remarks, notes = content.record, content.remarks, []
    if meant := _meant(content.types, rules.types):
        word, code = meant[0]
        record = msgspec.structs.replace(record, type=code)
        remarks = _without(remarks, _TYPELESS, dict(meant))
        notes.append(f"The type “{word}” is {code}, as the profile says.")
    elif record.type == UNTYPED and rules.type:
        record = msgspec.structs.replace(record, type=rules.type)
    if meant := _meant(content.languages, rules.languages):
        record = msgspec.structs.replace(record, languages=_languages(record, content.languages, dict(meant)))
        remarks = _without(remarks, frozenset(), dict(meant))
        notes += [f"The language “{word}” is {tag}, as the profile says." for word, tag in meant]
    return replace(content, record=record, remarks=remarks), tuple(notes)


def _meant(words: Iterable[str], table: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the words a profile knows, each once, with their meaning."""
    found = ((word, table.get(folded(word), "")) for word in dict.fromkeys(words))
    return [(word, meaning) for word, meaning in found if meaning]


def _without(remarks: tuple[Remark, ...], codes: frozenset[str], words: Iterable[str]) -> tuple[Remark, ...]:
    """Leave out the remarks of some classes, and those that one of the words could not be taken up."""
    known = {shortened(clean(word)) for word in words}
    return tuple(each for each in remarks if each.code not in codes and not (each.code in _OF_WORDS and each.value in known))


def relevant(content: Content, operation: Operation, before: Draft, after: Draft) -> Content:
    """Return content without remarks on metadata that make no difference to what it made of a draft.

    Where only the files were replaced, its metadata were not read; and what names no type is not missed where there is one.
    """
    if content.record is None or after.record is None:
        return content
    if operation is Operation.REPLACE_CONTENT and before.record is not None:
        words = f"Only files are replaced: {content.source.name} was not taken. PUT to the edit address changes metadata."
        left = Remark(words, code="metadata-left", place=content.source.name)
        return replace(content, remarks=(*_without(content.remarks, _OF_METADATA, ()), left))
    unmissed = frozenset({"type-missing"}) if after.record.type != UNTYPED else frozenset[str]()
    return replace(content, remarks=_without(content.remarks, unmissed, ()))


def _languages(record: Record, words: tuple[str, ...], known: Mapping[str, str]) -> tuple[str, ...]:
    """Return a work's languages: what its words mean, and those it has from elsewhere."""
    ours = {language_of(word) for word in words}
    said = (known.get(word) or language_of(word) for word in words)
    return tuple(dict.fromkeys(filter(None, (*said, *(tag for tag in record.languages if tag not in ours)))))


def dated(record: Record, default: str, deposited: date) -> tuple[Record, tuple[Remark, ...]]:
    """Return a work that does not say when it was issued with the year or the day of its deposit, where the profile wants it."""
    if default not in _DEFAULT_DATES or record.dates.issued or record.thesis.date_awarded:
        return record, ()
    issued = _DEFAULT_DATES[default](deposited)
    dates = msgspec.structs.replace(record.dates, issued=issued)
    remark = Remark(f"The metadata states no date; the work has that of its deposit, {issued}.", code="guessed")
    return msgspec.structs.replace(record, dates=dates), (remark,)


def kept(record: Record, before: Record, fields: Iterable[str]) -> tuple[Record, tuple[Remark, ...]]:
    """Return a changed work with the fields that no update overwrites as they were, and a remark on each."""
    own = {name: getattr(before, name) for name in sorted(fields) if getattr(before, name) != getattr(record, name)}
    words = "“{}” stays as it is: the profile lets no update overwrite it."
    remarks = (Remark(words.format(name), code="kept", place=name, value=name) for name in own)
    return msgspec.structs.replace(record, **own), tuple(remarks)


def finished(draft: Draft, rules: Rules, deposited: date, before: Record | None = None) -> tuple[Record, tuple[Remark, ...]]:
    """Return the work a draft makes by the rules of its collection, and what is to be said of that. Raises Invalid.

    `before` is the work it changes.
    """
    record, remarks = dated(completed(draft), rules.dates, deposited)
    if draft.record is None:
        words = "No metadata was found; the work would be called after its first file."
        remarks = (Remark(words, code="metadata-missing"), *remarks)
    if before is None:
        return record, remarks
    record, more = kept(record, before, rules.keeps)
    return record, (*remarks, *more)


def weighed(remarks: Iterable[Remark], record: Record | None, rules: Rules) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return what holds a deposit that makes such a work by the rules of its collection, and what is only said of it."""
    holds = rules.holds
    holding: list[Problem] = []
    warnings: list[Problem] = []
    if record is not None and record.type != UNTYPED:
        holds -= _TYPELESS  # another document of the same work says it
    for remark in remarks:
        (holding if remark.code in holds else warnings).append(Problem.from_remark(remark))
    return tuple(replace(each, remedy=each.remedy or CAUSES[each.code].told) for each in holding), tuple(warnings)
