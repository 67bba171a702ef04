"""How links with ORCID, and works on records there, are said: tables."""

from server.orcid.model import Consent, WorkState
from server.portal.words import Word

#: How a work stands on somebody's ORCID record.
WORKS = {
    WorkState.REFUSED: Word("refused", "ORCID refuses it. It is sent again when the work changes, or somebody asks.", "bad"),
    WorkState.STOPPED: Word("stopped", "The permission is gone. It waits until the iD is linked again.", "bad"),
    WorkState.UNCLEAR: Word("unclear", "ORCID's answer makes no sense. It is asked again by itself.", "wait"),
    WorkState.SILENT: Word("no answer", "ORCID did not answer. It is asked again by itself.", "wait"),
    WorkState.WAITING: Word("waiting", "It is sent as soon as it is its turn.", "wait"),
    WorkState.CURRENT: Word("on the record", "ORCID has it as it is here.", "good"),
    WorkState.REMOVED: Word("taken away", "It was taken away at ORCID. It is put there again when its author says so here.", ""),
    WorkState.GONE: Word("not there", "It is not on the record, as it should be.", ""),
}

#: What became of somebody's permission.
CONSENTS = {
    Consent.REVOKED: Word("taken back", "It was taken back, or ORCID does not take it any more.", "bad"),
    Consent.EXPIRED: Word("run out", "Its time is over.", "bad"),
    Consent.LOCKED: Word("record locked", "ORCID locked the record.", "bad"),
    Consent.DEACTIVATED: Word("record closed", "The ORCID record was closed.", "bad"),
    Consent.NOBODY: Word("unknown", "ORCID knows no such iD.", "bad"),
    Consent.MOVED: Word("moved in a circle", "ORCID sends from one iD to another without end.", "bad"),
    Consent.VALID: Word("valid", "Works can be brought to the record.", "good"),
}
