"""Every class of problem a deposit can have: what it is called, of what kind it is, what it means and what to do.

One vocabulary for error documents, statements, the import monitor and letters. A problem itself says more: where, and what was
found there.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What has to be looked at."""

    PROTOCOL = "protocol"  # the request
    PACKAGE = "package"  # the archive and its manifest
    METADATA = "metadata"  # what the metadata document says
    MAPPING = "mapping"  # a word nobody told us the meaning of
    DUPLICATE = "duplicate"
    IDENTIFIER = "identifier"
    SCAN = "scan"  # what a look into the files found
    SERVER = "server"  # ours
    QUIRK = "quirk"  # tolerated


@dataclass(frozen=True, slots=True)
class Cause:
    """A class of problems: a title of two to four words, what it means, and what somebody here can do."""

    kind: Kind
    title: str
    meaning: str
    remedy: str = ""
    told: str = "Correct it and send it again by PUT, or wait: those who keep the repository see it too."
    """What its depositor can do, who changes no profile."""


_TO_CLIENT = "Tell the sender; the reference leads them to the same words."
_TO_MAKER = "Nothing has to be done; whoever makes the client can mend it."
_OLD = "Read it again once the cause is mended."

CAUSES: dict[str, Cause] = {
    # The request.
    "bad-request": Cause(Kind.PROTOCOL, "Request not understood", "The request breaks a rule of SWORD or HTTP.", _TO_CLIENT),
    "checksum": Cause(Kind.PROTOCOL, "Checksum differs", "What arrived is not what was announced.", "The client sends it again."),
    "too-large": Cause(
        Kind.PROTOCOL, "Too large", "The body is over the limit.", "Raise the limit, or ask for several deposits."
    ),
    "broken-off": Cause(Kind.PROTOCOL, "Connection broke off", "The body ended early.", "The client sends it again by itself."),
    "too-slow": Cause(
        Kind.PROTOCOL, "Sent too slowly", "The client sent next to nothing for a minute.", "The client sends it again by itself."
    ),
    "method": Cause(Kind.PROTOCOL, "Method not allowed", "This address does not take this method.", _TO_CLIENT),
    "wait": Cause(Kind.PROTOCOL, "Too many logins failed", "No password is looked at now.", "Wait, and look at the client."),
    "unauthorised": Cause(Kind.PROTOCOL, "Login needed", "There were no credentials, or wrong ones.", "See the account."),
    "forbidden": Cause(Kind.PROTOCOL, "Not allowed", "The account may not do this.", "See the account and the SWORD profile."),
    "mediation": Cause(
        Kind.PROTOCOL, "On behalf of others", "The client may not deposit for this person.", "Allow it in the SWORD profile."
    ),
    "target-owner": Cause(Kind.PROTOCOL, "Nobody of this name", "On-Behalf-Of names no account.", "Make the account."),
    "packaging": Cause(
        Kind.PROTOCOL, "Unknown packaging", "The packaging is not accepted here.", "Offer it in the SWORD profile."
    ),
    "not-acceptable": Cause(Kind.PROTOCOL, "Packaging not offered", "The content cannot be given in this packaging."),
    "not-found": Cause(Kind.PROTOCOL, "Missing", "What the request names is not here, or not any more."),
    "changed": Cause(Kind.PROTOCOL, "Changed meanwhile", "Another request changed the deposit first.", "The client asks anew."),
    "deleted": Cause(Kind.PROTOCOL, "Deleted before it was read", "The deposit was deleted by its depositor."),
    "conflict": Cause(Kind.PROTOCOL, "Contradiction", "The request contradicts what is there."),
    "content": Cause(Kind.PROTOCOL, "Content refused", "The profile refuses deposits whose content is wrong."),
    "invalid": Cause(Kind.METADATA, "Content not valid", "A value breaks a rule.", "Correct the value named."),
    "key-reused": Cause(
        Kind.PROTOCOL, "Key used twice", "The client sent two different requests under one Idempotency-Key.", _TO_CLIENT
    ),
    "state": Cause(Kind.PROTOCOL, "Not in this state", "What was asked does not fit where the deposit stands."),
    "nothing": Cause(Kind.PROTOCOL, "Nothing in it", "The deposit is complete, and has no metadata and no files.", _TO_CLIENT),
    # SWORD 3.0: digests, documents, files by reference, files in segments.
    "digest": Cause(Kind.PROTOCOL, "Digest differs", "What arrived is not what was announced.", "The client sends it again."),
    "content-malformed": Cause(Kind.PROTOCOL, "Document not readable", "The body is not the document it should be.", _TO_CLIENT),
    "content-type": Cause(Kind.PROTOCOL, "Not sent here", "This address takes files or metadata, not the other.", _TO_CLIENT),
    "format-header": Cause(Kind.PROTOCOL, "Other metadata format", "The header names another format than was sent.", _TO_CLIENT),
    "metadata-format": Cause(Kind.PROTOCOL, "Unknown metadata format", "No reader knows the format named.", _TO_CLIENT),
    "by-reference-refused": Cause(
        Kind.PROTOCOL, "Address not fetched", "The address is none, or one nothing is fetched from.", "See SHEAF_PRIVATE_TARGETS."
    ),
    "by-reference-too-large": Cause(Kind.PROTOCOL, "File too large", "A file to be fetched is too large.", "Raise the limit."),
    "by-reference-failed": Cause(
        Kind.PROTOCOL, "File not fetched", "A file named by its address could not be had.", "Ask the sender for the file itself."
    ),
    "segment-size": Cause(Kind.PROTOCOL, "Segment size", "A segment has not the size that was announced.", _TO_CLIENT),
    "segment-unexpected": Cause(Kind.PROTOCOL, "Segment not expected", "A segment came twice, or one too many.", _TO_CLIENT),
    "segments-too-many": Cause(Kind.PROTOCOL, "Too many segments", "A file would come in too many pieces.", _TO_CLIENT),
    "segments-too-large": Cause(Kind.PROTOCOL, "File too large", "A file in segments is over the limit.", "Raise the limit."),
    "segments-timed-out": Cause(Kind.PROTOCOL, "Upload given up", "Nothing came for an upload in segments for too long."),
    "quirk-digest": Cause(Kind.QUIRK, "Odd digest", "The digest was written otherwise, or not sent."),
    # The package.
    "archive-unsafe": Cause(
        Kind.PACKAGE, "Unsafe archive", "An entry would do harm: a bomb, a link, a path outside, names that collide.", _TO_CLIENT
    ),
    "archive-broken": Cause(Kind.PACKAGE, "Damaged archive", "The archive cannot be opened, or ends early.", _TO_CLIENT),
    "archive-encrypted": Cause(Kind.PACKAGE, "Encrypted archive", "The archive needs a password.", _TO_CLIENT),
    "archive-empty": Cause(Kind.PACKAGE, "Empty archive", "There are no files in the archive.", _TO_CLIENT),
    "manifest-missing": Cause(
        Kind.PACKAGE,
        "No manifest",
        "The package lacks the document that would say what it is: mets.xml, bagit.txt, JATS.",
        _TO_CLIENT,
    ),
    "manifest-twice": Cause(Kind.PACKAGE, "Two manifests", "It is not clear which document describes the package.", _TO_CLIENT),
    "manifest-names-missing-file": Cause(
        Kind.PACKAGE, "Named file missing", "The manifest names a file that is not in the package.", _TO_CLIENT
    ),
    "bag-incomplete": Cause(Kind.PACKAGE, "Bag not whole", "The bag's files are not those its manifests list.", _TO_CLIENT),
    "digest-mismatch": Cause(
        Kind.PACKAGE, "File differs from manifest", "A file is not the one whose checksum the manifest states.", _TO_CLIENT
    ),
    "fetch-txt": Cause(
        Kind.PACKAGE, "Files to be fetched", "The bag wants files fetched from elsewhere, which is never done.", _TO_CLIENT
    ),
    "file-broken": Cause(Kind.PACKAGE, "File not readable", "A file written into the document cannot be decoded.", _TO_CLIENT),
    "file-unnamed": Cause(Kind.PACKAGE, "File not in manifest", "The manifest does not name this file; it was kept."),
    "file-elsewhere": Cause(Kind.PACKAGE, "File elsewhere", "The manifest names an address outside; nothing was fetched."),
    "packaging-sniffed": Cause(
        Kind.PACKAGE, "Packaging found out", "What stands in the archive says more than its header, and was gone by."
    ),
    "quirk-archive": Cause(Kind.QUIRK, "Other archive kind", "A tar was announced as a zip, and unpacked all the same."),
    "quirk-manifest-name": Cause(Kind.QUIRK, "Other manifest name", "The manifest has not the name it should have."),
    "quirk-bag": Cause(Kind.QUIRK, "Bag departs from rules", "The bag says something of itself in a way BagIt does not know."),
    "metadata-twice": Cause(
        Kind.PACKAGE, "Two metadata documents", "It is not clear which document describes the work.", _TO_CLIENT
    ),
    "metadata-missing": Cause(
        Kind.PACKAGE,
        "No metadata",
        "Nothing in it describes the work, which can only be called after its first file.",
        "Wait for metadata from the sender, or take it as it is and edit the work.",
        "Send metadata by PUT to the edit address: the files need not be sent again.",
    ),
    # The metadata.
    "xml": Cause(Kind.METADATA, "Broken XML", "The document is not well-formed.", _TO_CLIENT),
    "json": Cause(Kind.METADATA, "Broken JSON", "The document is no JSON object.", _TO_CLIENT),
    "xml-entities": Cause(
        Kind.METADATA, "XML with entities", "The document declares entities, which may be an attack.", _TO_CLIENT
    ),
    "record": Cause(Kind.METADATA, "Metadata not valid", "No record can be made of the metadata.", "Correct the value named."),
    "unknown-format": Cause(Kind.METADATA, "Unknown metadata format", "No reader knows this format.", _TO_CLIENT),
    "title-missing": Cause(Kind.METADATA, "No title", "The metadata has no title.", _TO_CLIENT),
    "several-works": Cause(
        Kind.METADATA, "Several works", "One deposit is one work; this document describes several.", _TO_CLIENT
    ),
    "one-record": Cause(Kind.METADATA, "Several works", "One deposit is one work; this document describes several.", _TO_CLIENT),
    "contradiction": Cause(Kind.METADATA, "Contradiction", "Two statements of the metadata exclude each other.", _TO_CLIENT),
    "date-unknown": Cause(Kind.METADATA, "Date not understood", "A date was left out of the record."),
    "unmapped": Cause(Kind.METADATA, "Not taken up", "The record has no place for it; it stays in what was received."),
    "guessed": Cause(Kind.METADATA, "Guessed", "Something was guessed or mended on the way."),
    # Words.
    "type-unknown": Cause(
        Kind.MAPPING,
        "Unknown type",
        "No type of ours is known by this word.",
        "Say what it means, and read these imports again.",
        "Send a type the repository knows by PUT to the edit address, or wait: somebody here can say what it means.",
    ),
    "type-missing": Cause(Kind.MAPPING, "No type", "The metadata states no type.", "Give the collection a type of its own."),
    "metadata-left": Cause(
        Kind.MAPPING, "Metadata not taken", "Only the files were replaced; metadata beside them change nothing.", "Edit the work."
    ),
    "language-unknown": Cause(
        Kind.MAPPING, "Unknown language", "No language is known by this word.", "Say what it means, and read these imports again."
    ),
    "access-unknown": Cause(
        Kind.MAPPING,
        "Access not understood",
        "What the metadata say of who may have the work is not understood; its access is restricted meanwhile.",
        "Ask the sender. Where the profile takes it, the work stays restricted until somebody edits it.",
    ),
    # What was taken though the protocol says otherwise.
    "quirk-header": Cause(Kind.QUIRK, "Another header", "A header was sent under another name.", _TO_MAKER),
    "quirk-boolean": Cause(Kind.QUIRK, "True or false", "A header that is true or false was written otherwise.", _TO_MAKER),
    "quirk-md5": Cause(Kind.QUIRK, "Odd checksum", "The checksum was written otherwise, or is of a part.", _TO_MAKER),
    "quirk-disposition": Cause(Kind.QUIRK, "Odd file name", "The file name was sent in another form, or not at all.", _TO_MAKER),
    "quirk-type": Cause(Kind.QUIRK, "Odd content type", "The content type is none, or another one is meant.", _TO_MAKER),
    "quirk-multipart": Cause(Kind.QUIRK, "Odd multipart", "The parts of the body are not as SWORD writes them.", _TO_MAKER),
    "quirk-entry": Cause(Kind.QUIRK, "Odd Atom entry", "The entry lacks what every Atom entry has.", _TO_MAKER),
    "quirk-namespace": Cause(Kind.QUIRK, "Odd namespace", "A namespace was written in another way.", _TO_MAKER),
    "quirk-packaging": Cause(Kind.QUIRK, "Another name of a packaging", "The packaging has another name today.", _TO_MAKER),
    "kept": Cause(
        Kind.MAPPING,
        "Field not updated",
        "The profile lets no update overwrite it.",
        "See the list in the profile.",
    ),
    # What is here already.
    "duplicate": Cause(Kind.DUPLICATE, "Already here", "Another work has an identifier of this one.", "Compare the two."),
    "duplicate-doi": Cause(Kind.DUPLICATE, "DOI already here", "Another work has a DOI of this one.", "Compare the two."),
    "duplicate-package": Cause(
        Kind.DUPLICATE, "Package already here", "The same bytes have made another work.", "Set one of them aside."
    ),
    "duplicate-title": Cause(
        Kind.DUPLICATE, "Title already here", "Another work has the same title, year and first author.", "Compare the two."
    ),
    "superseded": Cause(
        Kind.DUPLICATE,
        "Something newer is here",
        "Read again, it would undo what came after it.",
        "Set it aside, or edit the work.",
    ),
    # Identifiers.
    "doi": Cause(Kind.IDENTIFIER, "DOI not valid", "A DOI is written in a way no agency knows."),
    "identifier": Cause(Kind.IDENTIFIER, "Identifier not valid", "An identifier breaks the rules of its scheme."),
    "agency-refuses": Cause(
        Kind.IDENTIFIER,
        "Agency would refuse it",
        "The agency that registers the DOIs of such works would refuse this one.",
        "Correct the field named; the DOI is registered once the work is mended.",
        "Correct the field named and send it again by PUT.",
    ),
    "agency-told-otherwise": Cause(
        Kind.IDENTIFIER,
        "Agency told otherwise",
        "The agency that registers the DOIs of such works cannot be told this as it stands.",
        "Correct the field named, where that matters.",
    ),
    "version": Cause(Kind.IDENTIFIER, "Version", "The version contradicts the others of the work."),
    # Files.
    "virus": Cause(Kind.SCAN, "Virus", "The scanner found a virus in a file; nobody is given it.", _TO_CLIENT),
    "scan-unavailable": Cause(
        Kind.SCAN, "Not scanned", "The virus scanner did not answer, or does not look into so large a file.", _OLD
    ),
    "format-differs": Cause(Kind.SCAN, "Format differs", "A file is not of the format it was sent as."),
    "field-missing": Cause(Kind.METADATA, "Field missing", "The metadata lacks what a work is cited by.", "Edit the work."),
    # Ours.
    "file": Cause(Kind.SERVER, "File not kept", "A file of the deposit is not where it should be.", "See the log."),
    "unavailable": Cause(Kind.SERVER, "Could not be taken then", "Database or disk did not answer.", _OLD),
    "storage": Cause(Kind.SERVER, "Could not be kept", "The disk is full or fails.", "Make room; the client sends it again."),
    "internal": Cause(Kind.SERVER, "Our own fault", "The server met an error of its own.", "See the log, under the reference."),
}


_OF_METADATA = frozenset({"metadata-missing", *(code for code, it in CAUSES.items() if it.kind in {Kind.METADATA, Kind.MAPPING})})


def is_of_metadata(code: str) -> bool:
    """Whether better metadata mend it, and the files need not come again."""
    return code in _OF_METADATA


def title(code: str) -> str:
    """Return what a class of problems is called; one of another release by its own name."""
    cause = CAUSES.get(code)
    return code.replace("-", " ").capitalize() if cause is None else cause.title
