"""The states of the house in an administrator's words, each with the colour it is shown in. Tables."""

from dataclasses import dataclass

from server.identifiers.comparing import SENTENCES, UNKNOWN, Drift
from server.identifiers.drifts import ASKED, OPEN, SETTLED
from server.identifiers.model import AgencyState, Fault
from server.identifiers.model import State as IdentifierState
from server.identifiers.reconcile import RECONCILE
from server.jobs.model import JobState
from server.metadata.ruling import Weight
from server.notify.model import State as Delivered
from server.oai.irus import NAME as CHECK_IRUS
from server.oai.simulating import NAME as SIMULATION
from server.oai.simulations import Simulation
from server.portal.deeds import DEEDS
from server.records.store import State
from server.runs.model import Outcome, RunState
from server.sword.causes import Kind as CauseKind
from server.sword.causes import title
from server.sword.model import ContainerState, DepositState


@dataclass(frozen=True, slots=True)
class Word:
    """What a state is called, what it means, and whether that is good, waits for somebody, is bad, or none of it."""

    label: str
    meaning: str = ""
    mood: str = ""


DEPOSITS = {
    DepositState.HELD: Word("held", "Something is wrong with the content. Nothing is lost.", "bad"),
    DepositState.RECEIVED: Word("received", "It is kept and about to be read.", "wait"),
    DepositState.REFUSED: Word("refused", "The request broke the protocol; the depositor was told.", "bad"),
    DepositState.BROKEN_OFF: Word("broken off", "The connection ended before everything had arrived.", "bad"),
    DepositState.TAKEN: Word("taken", "It was read and taken into its work.", "good"),
    DepositState.CLOSED: Word("closed", "It was held, and waits for nobody any more.", ""),
}

CONTAINERS = {
    ContainerState.IN_PROGRESS: Word("in progress", "The depositor will send more.", "wait"),
    ContainerState.HELD: Word("held", "Its content needs attention.", "bad"),
    ContainerState.PENDING: Word("waits for approval", "It is complete. Publish it, and the world can read it.", "wait"),
    ContainerState.RETURNED: Word("returned", "Its depositor was told what to change.", "wait"),
    ContainerState.ACCEPTED: Word("published", "The work is published.", "good"),
    ContainerState.RECEIVED: Word("received", "It is about to be read.", "wait"),
    ContainerState.DECLINED: Word("declined", "The repository does not take it; its depositor was told why.", ""),
    ContainerState.WITHDRAWN: Word("withdrawn", "The work was taken out of view.", ""),
    ContainerState.DELETED: Word("deleted", "The depositor deleted it.", ""),
}

WORKS = {
    State.PENDING: Word("waits for approval", "It is complete. Publish it, and the world can read it; or return it.", "wait"),
    State.RETURNED: Word("returned", "Its depositor was told what to change.", "wait"),
    State.DRAFT: Word("draft", "Somebody is still writing it. Only people behind the login see it.", ""),
    State.DECLINED: Word("declined", "The repository does not take it; its depositor was told why.", ""),
    State.PUBLISHED: Word("published", "Everybody can read it, and harvesters get it.", "good"),
    State.WITHDRAWN: Word("withdrawn", "Its page is a tombstone; its files are closed.", ""),
}

#: The same states, as whoever brought the work is told them.
OWN = {
    State.PENDING: Word("waits for approval", "It is complete and waits for approval. It cannot be changed meanwhile.", "wait"),
    State.RETURNED: Word("returned", "Something must be changed. Change it and hand it in again.", "bad"),
    State.DRAFT: Word("draft", "Only you and those who keep the repository see it. Hand it in when it is complete.", ""),
    State.DECLINED: Word("declined", "The repository does not take it.", ""),
    State.PUBLISHED: WORKS[State.PUBLISHED],
    State.WITHDRAWN: WORKS[State.WITHDRAWN],
}

IDENTIFIERS = {
    IdentifierState.REJECTED: Word(
        "rejected",
        "The agency refuses it, and says why. Once the record is corrected it is sent again by itself.",
        "bad",
    ),
    IdentifierState.BLOCKED: Word(
        "blocked", "The agency refuses our account. Mend the profile; it is sent again by itself.", "bad"
    ),
    IdentifierState.SUBMITTED: Word(
        "submitted", "Sending it has begun, and goes on until the agency answers. The agency has not confirmed it yet.", "wait"
    ),
    IdentifierState.RESERVED: Word("reserved", "The name is ours. No agency was told of it.", ""),
    IdentifierState.REGISTERED: Word("registered", "The agency confirmed it. It leads to the work's page.", "good"),
    IdentifierState.WITHDRAWN: Word("withdrawn", "The work was withdrawn. It leads to the tombstone.", ""),
    IdentifierState.EXTERNAL: Word("external", "It came with the work. Somebody else registered it.", ""),
    IdentifierState.GIVEN_UP: Word("given up", "It turned out to be another's. It is kept, so that no work gets it.", ""),
}

#: Why an agency does not agree.
FAULTS = {
    Fault.REJECTED: "the agency refuses the metadata",
    Fault.CREDENTIALS: "the agency refuses our account",
    Fault.TRANSIENT: "the agency did not answer",
    Fault.UNKNOWN: "its answer was lost or makes no sense",
}

#: What came of something that was sent; nothing yet is *not answered*.
EXCHANGES = {
    "confirmed": "confirmed",
    "pending": "taken, and not worked at yet",
    **{fault.value: said for fault, said in FAULTS.items()},
}

#: What an agency should say of an identifier, and what it may say; another word is its own.
AGENCY_STATES = {
    AgencyState.FINDABLE.value: "findable",
    AgencyState.HIDDEN.value: "hidden",
    "draft": "draft",
    UNKNOWN: UNKNOWN,
}

SCHEMES = {"doi": "DOI", "handle": "Handle"}

#: In what an agency says otherwise.
DRIFTS = {
    Drift.URL: Word("wrong address", "It leads elsewhere.", "bad"),
    Drift.STATE: Word("wrong state", "It is findable where it should be hidden, or the other way round.", "bad"),
    Drift.METADATA: Word("other metadata", "The agency has other metadata than the work.", "wait"),
    Drift.UNKNOWN_THERE: Word("unknown there", "The agency does not know it.", "bad"),
    Drift.UNKNOWN_HERE: Word("unknown here", "The agency knows it, and we do not. It is only reported.", "wait"),
}

#: What can be repaired by sending it again.
REPAIRABLE = frozenset(DRIFTS) - {Drift.UNKNOWN_HERE}

#: The same as a sentence about both sides.
DIFFERENCES = SENTENCES

#: What became of such a difference.
STANDINGS = {
    OPEN: Word("open", "Nothing was done about it.", "bad"),
    ASKED: Word("sent again", "The agency has not confirmed it yet.", "wait"),
    SETTLED: Word("settled", "The agency has confirmed the identifier since.", "good"),
}

JOBS = {
    JobState.DEAD: Word("given up", "", "bad"),
    JobState.HELD: Word("waits for somebody", "", "bad"),
    JobState.DEFERRED: Word("tried again later", "", "wait"),
    JobState.READY: Word("ready", "", ""),
    JobState.ACTIVE: Word("at work", "", "good"),
    JobState.DONE: Word("done", "", "good"),
}

DELIVERIES = {
    Delivered.DEAD: Word(
        "given up", "It was tried for days, or refused for good. Send it again when the other side is well.", "bad"
    ),
    Delivered.WAITING: Word("waiting", "It is sent when its time comes.", "wait"),
    Delivered.SENT: Word("sent", "The other side took it.", "good"),
}

#: How a subscriber stands.
ENDPOINTS = {
    "off": Word("switched off", "Nothing is sent, and nothing is kept for it."),
    "paused": Word("paused", "Nothing is sent until the profile is mended; what happens meanwhile waits.", "bad"),
    "failing": Word("failing", "The last attempt failed. It is tried again by itself, ever more slowly.", "wait"),
    "new": Word("new", "Nothing was sent yet."),
    "well": Word("well", "The last attempt succeeded.", "good"),
}

RUNS = {
    RunState.WAITING: Word("waiting", "It begins as soon as nothing is in its way."),
    RunState.RUNNING: Word("running", "It is at work."),
    RunState.COMPLETED: Word("completed", "All went well.", "good"),
    RunState.WARNINGS: Word("with warnings", "It was done, and somebody should look at some of it.", "wait"),
    RunState.ERRORS: Word("with errors", "Some of it failed.", "bad"),
    RunState.FAILED: Word("failed", "It broke off, or all of it failed.", "bad"),
    RunState.ABORTED: Word("aborted", "Somebody cancelled it. What was done before stays done."),
    RunState.NO_EFFECT: Word("no effect", "It went well, and nothing is different from before."),
}

OUTCOMES = {
    Outcome.CHANGED: Word("changed", "It was done.", "good"),
    Outcome.UNCHANGED: Word("unchanged", "It is as it should be already."),
    Outcome.WARNING: Word("warning", "It was done; look at it.", "wait"),
    Outcome.FAILED: Word("failed", "It was not done; no reason was given.", "bad"),
}

#: What those outcomes are called of a task whose items are not changed by it.
_OF_TASKS = {
    RECONCILE: {
        Outcome.CHANGED: Word("repaired", "It was sent again, and the agency has confirmed it.", "good"),
        Outcome.UNCHANGED: Word("agrees", "The agency says what is wanted."),
        Outcome.WARNING: Word("differs", "The agency says otherwise.", "bad"),
    },
    CHECK_IRUS: {
        Outcome.CHANGED: Word("in order", "IRUS reads what it needs.", "good"),
        Outcome.WARNING: Word("to be looked at", "IRUS takes it, and does less with it.", "wait"),
        Outcome.FAILED: Word("not in order", "IRUS would not find it, or not count it rightly.", "bad"),
    },
    SIMULATION: {
        Outcome.CHANGED: Word("without fault", "Nothing is wrong with it.", "good"),
        Outcome.WARNING: Word("to be looked at", "It was walked; look at what was found.", "wait"),
        Outcome.FAILED: Word("broken", "It does not keep to the protocol.", "bad"),
    },
}

#: How many items a task concerns, where they have a name of their own.
CONCERNS = {SIMULATION: Word("Lists that are walked: %(number)s.")}

#: How a harvester, or a list it walks, stands.
WALKS = {
    "overdue": Word("overdue", "It has not come to the end of a list for longer than expected.", "bad"),
    "stalled": Word("stands still", "It stopped in the middle of the list more than an hour ago.", "wait"),
    "walking": Word("under way", "It got a part of the list within the last hour."),
    "finished": Word("finished", "It came to the end of the list.", "good"),
}

#: Which harvesters can be asked for.
HARVESTERS = {
    "walking": Word("under way", "They are walking a list now."),
    "stalled": Word("stands still", "They stopped in the middle of a list, more than an hour ago."),
    "overdue": Word("overdue", "They finished no list for longer than expected."),
    "refused": Word("was refused", "Some of their requests were answered with errors or with 503."),
}

#: What has to be looked at for a problem of an import.
LOOK_AT = {
    CauseKind.PROTOCOL: "the request",
    CauseKind.PACKAGE: "the package",
    CauseKind.METADATA: "the metadata",
    CauseKind.MAPPING: "words nobody explained",
    CauseKind.DUPLICATE: "what is here already",
    CauseKind.IDENTIFIER: "identifiers",
    CauseKind.SCAN: "the files",
    CauseKind.SERVER: "our own fault",
    CauseKind.QUIRK: "tolerated",
}

#: How much a fault of a record weighs.
WEIGHTS = {
    Weight.ERROR: Word("error", "It is not as it must be.", "bad"),
    Weight.ADVICE: Word("advice", "It is taken, and less is done with it.", "wait"),
}

#: What the queue's kinds of jobs do.
KINDS = {
    "register": "Register an identifier with its agency",
    "render": "Render every record anew",
    "regroup": "Look which records come into other sets",
    "read-deposit": "Read a package that was deposited",
    "fetch-references": "Fetch files a deposit names by address",
    "run": "Do a part of a run",
    "seek-people": "Look for people in the works",
    "follow-works": "Look whose works are to be brought to ORCID",
    "orcid-push": "Bring a person's works to their ORCID record",
    "orcid-look": "Look through a person's ORCID record",
    "notify": "Hand events to those who want to know",
    "deliver": "Send what waits for a webhook or for mail",
    "digest": "Write the daily letter",
    "irus.send": "Tell IRUS of use",
    "oable": "Send a request for an article processing charge to OABLE",
    "usage.count": "Count the use of an hour",
}

#: Letters among the deliveries; the other types are events.
LETTERS = {
    "mail.came-in": "Letter to somebody whose work came in",
    "mail.digest": "Daily letter",
    "mail.events": "Letter about what happened",
    "mail.invitation": "Invitation to choose a password",
    "mail.oable": "Letter about requests for article processing charges",
    "mail.reset": "Link for a new password",
    "mail.test": "Letter to try the mail server",
}


def done(deed: str) -> str:
    """Say a deed of the audit log in words; one of another release by its own name."""
    return DEEDS.get(deed, deed)


def of_import(state: DepositState, container: ContainerState | None) -> Word:
    """Say in one word how an import stands: once it is taken, what becomes of its work says more."""
    unfinished = container in {ContainerState.PENDING, ContainerState.IN_PROGRESS}
    return CONTAINERS[container] if container and unfinished and state is DepositState.TAKEN else DEPOSITS[state]


def outcomes(task: str) -> dict[Outcome, Word]:
    """Return what can become of an item, in the words that fit a task."""
    return OUTCOMES | _OF_TASKS.get(task, {})


def of_simulation(it: Simulation) -> Word:
    """Say in one word how a walk of our own stands, or what came of it."""
    if it.message:
        return Word("broken off", it.message, "wait")
    if it.ended is None:
        return Word("under way", "It is at work.")
    if it.errors:
        return Word("errors", "Something is not as it must be.", "bad")
    if it.advice:
        return Word("advice", "Somebody should look.", "wait")
    if any(each.unproved for each in it.verdicts):
        return Word("holds, as far as proved", "All that could be proved holds; what could not is named below.", "good")
    return Word("all holds", "Nothing is wrong.", "good")


def problem(code: str) -> str:
    """Say a class of problems in words."""
    return title(code)
