"""A count of use written from the words of COUNTER alone, slow and plain, and events to count: what ours must agree with."""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

Figures = tuple[int, int, int, int]


@dataclass(frozen=True)
class Event:
    at: datetime
    user: int
    item: str
    file: str


def events(chance: random.Random, many: int, begin: datetime, length: timedelta, users: int, items: list[str]) -> list[Event]:
    """So many events in order; people click again soon, so there are double clicks and chains of them, at midnight too."""
    found: list[Event] = []
    whole = length.total_seconds()
    while len(found) < many:
        at, user, item = chance.uniform(0, whole), chance.randrange(users), chance.choice(items)
        if chance.random() < 0.1:
            at = round(at / 86400) * 86400 - chance.uniform(-25, 25)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            file = chance.choice(("", "", "a.pdf", "b.csv"))
            if 0 <= at < whole:
                found.append(Event(begin + timedelta(seconds=at), user, item, file))
            at += chance.choice((1, 5, 29, 30, 31, 40, 600, chance.uniform(0, 60)))
    found = sorted(found[:many], key=lambda event: event.at)
    return [Event(event.at.replace(microsecond=0), event.user, event.item, event.file) for event in found]


def counted(found: list[Event]) -> dict[tuple[str, str], Figures]:
    """Total and unique investigations, total and unique requests, by item and month."""
    clicks = defaultdict(list)
    for event in found:
        clicks[event.user, event.item, event.file].append(event)
    kept = []
    for chain in clicks.values():
        for place, event in enumerate(chain):
            follower = chain[place + 1] if place + 1 < len(chain) else None
            if follower is None or follower.at - event.at > timedelta(seconds=30):
                kept.append(event)
    sums = defaultdict(lambda: [0, 0, 0, 0])
    seen = set()
    for event in kept:
        figures = sums[event.item, event.at.strftime("%Y-%m")]
        session = event.user, event.item, event.at.strftime("%Y-%m-%d|%H")
        figures[0] += 1
        figures[2] += event.file != ""
        for place, key in ((1, ("investigation", *session)), (3, ("request", *session) if event.file else None)):
            if key is not None and key not in seen:
                seen.add(key)
                figures[place] += 1
    return {key: tuple(figures) for key, figures in sums.items()}
