"""Why something was not counted as use, or IRUS was not told of it, in an administrator's words. Tables."""

from server.portal.words import Word
from server.usage.model import Class

#: Why a hit was not counted as use.
LEFT_OUT = {
    Class.DOUBLE_CLICK: Word("double click", "Another click followed within half a minute."),
    Class.COUNTER: Word("robot", "COUNTER's list knows its name."),
    Class.AI: Word("AI crawler", "The list of AI crawlers knows its name."),
    Class.NO_AGENT: Word("no name", "It did not say what it is."),
    Class.BEHAVIOUR: Word("behaves like a robot", "People do not ask for robots.txt, nor for so much."),
    Class.STAFF: Word("staff or owner", "Somebody was logged in who keeps the repository, or whose own work it is."),
    Class.PREFETCH: Word("fetched ahead", "A browser fetched it in case somebody wants it."),
    Class.PART: Word("a part of a file", "COUNTER counts whole answers."),
}

#: Why IRUS is not told of something: it was no use, it is dropped, or it was given up.
UNTOLD = {
    **{cls.value: word for cls, word in LEFT_OUT.items()},
    "own": Word("own work", "Somebody was logged in whose own work it is."),
    "private": Word("asked for privacy", "The browser sent Do Not Track or Global Privacy Control."),
    "hidden": Word("not harvested", "Harvesters do not get the work any more."),
    "consent": Word("no consent", "Consent was withdrawn."),
    "retired": Word("retired", "IRUS was retired here."),
    "deleted": Word("no profile", "The profile was deleted."),
    "refused": Word("refused", "IRUS refused it three times, and took others between."),
    "unsure": Word("in doubt", "The server was killed while it was sent. It may have arrived."),
    "expired": Word("too old", "It waited for longer than it may be kept."),
}
