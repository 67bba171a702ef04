"""The Status document of SWORD 3.0 (§ 9.6): what an object holds, how it stands, and what became of each file that was sent."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from multidict import CIMultiDict

from server.clock import to_wire
from server.records.model import File, Record, encode
from server.sword.errors import SwordError
from server.sword.headers import boolean
from server.sword.model import CLOSED, STATES, ContainerState, Deposit, DepositState, Holding
from server.sword.reference import Named, ReferenceState
from server.sword.v3.links import Links
from server.sword.v3.metadata import CONTEXT
from server.sword.v3.request import BINARY, Body, DepositHeaders, deposit_headers

TERMS = "http://purl.org/net/sword/3.0/terms/"
STATE = "http://purl.org/net/sword/3.0/state/"
FILE_STATE = "http://purl.org/net/sword/3.0/filestate/"
OWN_STATE = "info:sheaf/sword/state/"

ORIGINAL = f"{TERMS}originalDeposit"
DERIVED = f"{TERMS}derivedResource"
IN_SET = f"{TERMS}fileSetFile"
BY_REFERENCE = f"{TERMS}byReferenceDeposit"

MOST_REMARKS = 5

#: What each of our states is in the vocabulary of the standard (§ 9.6.2).
STATES_OF_SWORD = {
    ContainerState.IN_PROGRESS: "inProgress",
    ContainerState.RECEIVED: "accepted",
    ContainerState.HELD: "rejected",
    ContainerState.PENDING: "inWorkflow",
    ContainerState.RETURNED: "inWorkflow",
    ContainerState.DECLINED: "rejected",
    ContainerState.ACCEPTED: "ingested",
    ContainerState.WITHDRAWN: "deleted",
    ContainerState.DELETED: "deleted",
}

#: How a request ended, in the states of files (§ 9.6.3).
_FILE_STATES = {
    DepositState.RECEIVED: "unpacking",
    DepositState.TAKEN: "ingested",
    DepositState.HELD: "error",
    DepositState.CLOSED: "error",
}
_REFERENCE_STATES = {
    ReferenceState.PENDING: "pending",
    ReferenceState.DOWNLOADING: "downloading",
    ReferenceState.FETCHED: "unpacking",
    ReferenceState.FAILED: "error",
    ReferenceState.ERROR: "error",
    ReferenceState.LINKED: "ingested",
}


def is_open(state: ContainerState) -> bool:
    """Whether anything of an object can be changed."""
    return state not in CLOSED


def can_be_bare(holding: Holding) -> bool:
    """Whether an object can do without its metadata: of a work something must be left to tell it by."""
    return not holding.container.has_record or bool(holding.files)


def object_tag(holding: Holding, named: Sequence[Named]) -> str:
    """Return the ETag of an object: it changes with anything in it, and with how far its files have come."""
    states = "".join(f"{each.id}{each.state}" for each in named)
    return _tag(f"{holding.container.changed.timestamp():.6f}{states}")


def metadata_tag(record: Record | None) -> str:
    return _tag(encode(msgspec.structs.replace(record, files=())).decode() if record is not None else "")


def files_tag(files: Sequence[File]) -> str:
    return _tag("\n".join(f"{file.name}\0{file.sha256}" for file in files))


def file_tag(file: File) -> str:
    return _tag(file.sha256)


def _tag(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def status(links: Links, holding: Holding, named: Sequence[Named]) -> dict[str, Any]:
    """Return the Status document of an object."""
    container = holding.container
    number, can = container.id, is_open(container.state)
    return {
        "@context": CONTEXT,
        "@id": links.object(number),
        "@type": "Status",
        "eTag": object_tag(holding, named),
        "metadata": {"@id": links.metadata(number), "eTag": metadata_tag(holding.record)},
        "fileSet": {"@id": links.file_set(number), "eTag": files_tag(holding.files)},
        "service": links.service(container.collection),
        "state": _states(holding, named),
        "actions": {
            "getMetadata": True, "getFiles": True, "appendMetadata": can, "appendFiles": can, "replaceMetadata": can,
            "replaceFiles": can, "deleteMetadata": can and can_be_bare(holding), "deleteFiles": can, "deleteObject": True,
        },
        "links": list(_links(links, holding, named)),
    }  # fmt: skip


def _states(holding: Holding, named: Sequence[Named]) -> list[dict[str, str]]:
    state = holding.container.state
    if holding.withdrawn:
        state = ContainerState.WITHDRAWN
    meant = STATES_OF_SWORD[state]
    words = STATES[state]
    waits = [each for each in named if each.state in {ReferenceState.PENDING, ReferenceState.DOWNLOADING}]
    if waits and state is ContainerState.IN_PROGRESS and _said_complete(holding, waits[-1]):
        meant, words = "accepted", "The deposit is received; files it names are still fetched."
    said = [words]
    if holding.reason:
        said.append(f"Reason: {holding.reason}")
    if state is ContainerState.HELD:
        last = next((each for each in reversed(holding.deposits) if each.state is DepositState.HELD), None)
        said.append(_log(last) if last is not None else "")
    said += [f"{value} is {words}." for value, words in holding.identifiers]
    if holding.remarks and state is not ContainerState.HELD:
        said += ["Please check:", *holding.remarks[:MOST_REMARKS]]
    described = " ".join(filter(None, said))
    return [{"@id": f"{STATE}{meant}", "description": described}, {"@id": f"{OWN_STATE}{state.value}", "description": words}]


def _said_complete(holding: Holding, waiting: Named) -> bool:
    brought = next((each for each in holding.deposits if each.id == waiting.deposit_id), None)
    return brought is not None and not boolean(CIMultiDict(brought.headers), "in-progress", default=False)


def _links(links: Links, holding: Holding, named: Sequence[Named]) -> Iterator[dict[str, Any]]:
    number = holding.container.id
    visible = holding.container.state is ContainerState.ACCEPTED and not holding.withdrawn
    if visible:
        yield {"@id": links.item(number), "rel": ["alternate"], "contentType": "text/html"}
    by_key = {each.key: each for each in named}
    originals = []
    for deposit in holding.deposits:
        if deposit.sha256 and deposit.bytes:
            link = _original(links, holding, deposit)
            if (reference := by_key.pop(deposit.key or "", None)) is not None:
                link["byReference"] = reference.reference.url
            originals.append(link)
    yield from originals
    yield from _derived(links, holding, originals, visible=visible)
    yield from (_referred(links, number, each) for each in by_key.values() if each.state in _REFERENCE_STATES)


def _derived(
    links: Links, holding: Holding, originals: Sequence[Mapping[str, Any]], *, visible: bool
) -> Iterator[dict[str, Any]]:
    """Yield the links of the files that were not sent as they are, but came in a package."""
    number, sent = holding.container.id, {link["@id"] for link in originals}
    packages = [link["@id"] for link in originals if "packaging" in link and IN_SET not in link["rel"]]
    for file in holding.files:
        address = links.file(number, file.name)
        if address in sent:
            continue
        link: dict[str, Any] = {"@id": address, "rel": [IN_SET, DERIVED], "contentType": file.mime, "eTag": file_tag(file)}
        link["status"] = f"{FILE_STATE}ingested"
        if len(packages) == 1:
            link["derivedFrom"] = packages[0]
        if visible:
            link["dcterms:relation"] = links.public_file(number, file.name)
        yield link


def _original(links: Links, holding: Holding, deposit: Deposit) -> dict[str, Any]:
    """Return the link of what a request brought: of the file itself, where it is one and still there."""
    number, said = holding.container.id, _said(deposit)
    file = next((f for f in holding.files if f.name == deposit.filename and f.sha256 == deposit.sha256), None)
    link: dict[str, Any] = {
        "@id": links.file(number, file.name) if file is not None else links.original(number, deposit.id),
        "rel": [ORIGINAL, IN_SET] if file is not None else [ORIGINAL],
        "contentType": deposit.content_type or "application/octet-stream",
        "depositedOn": to_wire(deposit.received),
        "depositedBy": deposit.sender or deposit.account or "",
        "status": f"{FILE_STATE}{_FILE_STATES.get(deposit.state, 'error')}",
    }
    if file is not None:
        link["eTag"] = file_tag(file)
    if deposit.on_behalf_of:
        link["depositedOnBehalfOf"] = deposit.on_behalf_of
    if said.body in {Body.METADATA, Body.BOTH}:
        link["metadataFormat"] = said.metadata_format
    elif said.body is Body.FILE:
        link["packaging"] = deposit.packaging or BINARY
    if deposit.problem is not None:
        link["log"] = _log(deposit)
    return link


def _said(deposit: Deposit) -> DepositHeaders:
    """Return what a request's headers say; of one that came by SWORD 2.0 they say only that there was a body."""
    if deposit.protocol != "sword3":
        return DepositHeaders()
    try:
        return deposit_headers(CIMultiDict(deposit.headers))
    except SwordError:
        return DepositHeaders()


def _referred(links: Links, number: str, named: Named) -> dict[str, Any]:
    fetched = {ReferenceState.PENDING, ReferenceState.DOWNLOADING}
    link: dict[str, Any] = {
        "@id": links.file(number, named.reference.filename),
        "rel": [BY_REFERENCE, ORIGINAL, IN_SET] if named.state in fetched else [ORIGINAL, IN_SET],
        "contentType": named.reference.content_type,
        "packaging": named.reference.packaging,
        "byReference": named.reference.url,
        "status": f"{FILE_STATE}{_REFERENCE_STATES[named.state]}",
    }
    if named.message or named.got:
        so_far = f"{named.got} bytes so far." if named.state is ReferenceState.DOWNLOADING else ""
        link["log"] = f"{named.message} {so_far}".strip()
    return link


def _log(deposit: Deposit) -> str:
    found = deposit.problem
    if found is None:
        return ""
    place = f" ({found.place})" if found.place else ""
    return f"{found.message}{place} {found.remedy} Reference: {deposit.id}."
