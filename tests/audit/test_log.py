"""The audit log: what is noted can be read again, and what differs is said field by field."""

from server.audit import log
from server.audit.log import Actor, Asked, differences
from server.house import House
from tests.conftest import START

DARWIN = Actor("darwin", 7, "web", "192.0.2.1")


async def test_what_is_noted_can_be_found(house: House) -> None:
    changes = {"padding": (8, 6), "prefix": (None, "10.5555")}
    await house.database.write(log.note, DARWIN, "profile.saved", "profile", "3", START, summary="agency", changes=changes)
    await house.database.write(log.note, log.OPERATOR, "account.made", "account", "5", START)
    newest, first = (await house.database.read(log.search, Asked(), 10))[:2]  # after what the first start noted
    assert (first.actor, first.deed, first.changes, first.summary) == (DARWIN, "profile.saved", changes, "agency")
    assert newest.actor.via == "cli"
    for asked in (
        Asked(text="DARWIN"),
        Asked(text="agency"),
        Asked(subject_kind="profile"),
        Asked(subject="3"),
        Asked(before=newest.id),
    ):
        assert (await house.database.read(log.search, asked, 10))[0] == first
    assert await house.database.read(log.search, Asked(text="%"), 10) == [], "what is typed is no pattern"
    assert await house.database.read(log.kinds) == ["account", "profile"]


def test_only_what_differs_is_noted() -> None:
    assert differences({"a": 1, "b": 2}, {"b": 3, "a": 1, "c": None}) == {"b": (2, 3)}
