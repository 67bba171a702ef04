"""Saying what a client's own word means: it is written into the SWORD profile, and what was held for it is read again."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from server.audit import log as audit
from server.audit.log import Actor
from server.errors import Conflict, Invalid
from server.profiles import keeping
from server.profiles import store as profiles
from server.profiles.keeping import Desk
from server.profiles.model import Naming, Profile
from server.profiles.reading import read
from server.runs import store as runs
from server.runs.task import Task
from server.sword import monitor
from server.sword.causes import title
from server.sword.mapping import folded
from server.sword.problems import Weight
from server.sword.profile.settings import KIND, LanguageWord, Server, TypeWord
from server.sword.replay import Replay

#: The problems a word can end, and the table of the profile it is written into.
TABLES: dict[str, tuple[str, type[Struct]]] = {
    "type-unknown": ("types", TypeWord),
    "language-unknown": ("languages", LanguageWord),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """What a word means: the problem it made, the word as it stood, and our own code for it."""

    code: str
    word: str
    meaning: str


def concerned(tx: Connection, code: str, word: str, weight: Weight) -> list[Profile]:
    """Return the SWORD profiles by whose collections the deposits with a problem came."""
    mine = set(monitor.group_collections(tx, code, word, weight))
    found = [profile for profile in profiles.every(tx) if profile.kind == KIND]
    return [profile for profile in found if mine & {each.get("id") for each in profile.document.get("collections", ())}]


def explain(tx: Connection, desk: Desk, task: Task[Replay], said: Explained, weight: Weight, actor: Actor) -> int | None:
    """Write what a word means into the profiles concerned, and ask for the held deposits to be read again; return the run.

    None where nothing is held for it. Raises Invalid for a problem no word ends and for a meaning that is none, Conflict where
    no profile is concerned, and Wrong.
    """
    if said.code not in TABLES or not said.word:
        raise Invalid("No word can mend this problem.", place="meaning")
    found = concerned(tx, said.code, said.word, weight)
    if not found:
        raise Conflict("No SWORD profile offers the collection these deposits came by any more.", place="meaning")
    for profile in found:
        _write(tx, desk, profile, said, actor)
    now = desk.clock()
    changes = {"meaning": (None, said.meaning)}
    audit.note(tx, actor, "import.mapped", "cause", said.code, now, summary=f"{title(said.code)}: {said.word}", changes=changes)
    wanted = Replay(code=said.code, value=said.word)
    if not monitor.group(tx, said.code, said.word, Weight.HOLD).count:
        return None
    return runs.start(tx, task, wanted, actor, now).id


def _write(tx: Connection, desk: Desk, profile: Profile, said: Explained, actor: Actor) -> None:
    """Put a word into a profile's table, in place of what it meant before; through the keeper, so that its history knows."""
    name, row = TABLES[said.code]
    settings: Server = profiles.opened(profile, Server, desk.seal)
    others: Sequence[Struct] = [
        each for each in getattr(settings, name) if folded(str(getattr(each, "word", ""))) != folded(said.word)
    ]
    made = read(row, {"word": said.word, row.__struct_fields__[1]: said.meaning})
    changed = msgspec.structs.replace(settings, **{name: (*others, made)})
    naming = Naming(profile_name=profile.name, profile_description=profile.description)
    keeping.change(tx, desk, profile.id, naming, changed, actor, resumes=False)
