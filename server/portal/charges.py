"""The states of a request for an article processing charge in words. A table."""

from server.oable.model import State
from server.portal.words import Word

#: How a request for an article processing charge stands.
CHARGES = {
    State.FAILED: Word("given up", "OABLE gave no answer for days. Those who keep the repository can have it sent again.", "bad"),
    State.REFUSED: Word("refused", "OABLE does not take it as it is.", "bad"),
    State.WAITING: Word("waiting", "Nothing has reached OABLE yet. It is sent by itself.", "wait"),
    State.SENT: Word("sent", "Sending it has begun, and goes on until OABLE answers. It may be there already.", "wait"),
    State.ACCEPTED: Word("with OABLE", "OABLE has it and reviews it. This repository is not told what is decided.", "good"),
}
