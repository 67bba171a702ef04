"""Deposits the example works, as any client would: over HTTP, through the SWORD 2.0 interface, following its links."""

import hashlib
import io
import mimetypes
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, encode_basic_auth
from lxml import etree

from server.errors import Invalid, NotFound, Refused, SheafError, Unavailable
from server.xml import parse, text_of

NS = {"app": "http://www.w3.org/2007/app", "atom": "http://www.w3.org/2005/Atom", "sword": "http://purl.org/net/sword/terms/"}
ENTRY = "application/atom+xml;type=entry"
SIMPLE_ZIP = "http://purl.org/net/sword/package/SimpleZip"
BINARY = "http://purl.org/net/sword/package/Binary"
BOUNDARY = "sheaf-example-7d1f"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Example:
    """One example: how it is sent, what describes it, its files with their names."""

    name: str
    kind: str
    collection: str
    metadata: tuple[str, bytes]
    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Depositor:
    """A SWORD client with credentials; `nearby` maps the world's address of the server to one that can be reached from here."""

    session: ClientSession
    credentials: str
    nearby: tuple[str, str] = ("", "")

    async def ask(self, method: str, iri: str, body: bytes = b"", **headers: str) -> etree._Element | None:
        """Send a request and return its document. Raises Refused with the server's words, Unavailable where nobody answers."""
        world, here = self.nearby
        if world and iri.startswith(world):
            iri = here + iri.removeprefix(world)
        spoken = {name.replace("_", "-"): value for name, value in headers.items()} | {"Authorization": self.credentials}
        if body:
            spoken["Content-MD5"] = hashlib.md5(body, usedforsecurity=False).hexdigest()
        try:
            # A file object: aiohttp wants large bodies so, and sends small ones the same way.
            async with self.session.request(method, iri, data=io.BytesIO(body), headers=spoken) as response:
                answer = await response.read()
        except (ClientError, TimeoutError) as error:
            raise Unavailable(
                f"{method} {iri} was not answered: {error}.", remedy="See whether the server runs at that address."
            ) from error
        document = _document(answer, iri)
        if response.status not in {200, 201, 204}:
            reason = "" if document is None else text_of(document.find("atom:summary", NS))
            raise Refused(
                f"{method} {iri} was answered {response.status}: {reason or response.reason}",
                remedy="Mend what the answer names.",
            )
        return document


def folder() -> Path:
    """Return the folder of the examples: in the repository, or in the installed package. Raises NotFound."""
    here = Path(__file__).resolve().parent
    for place in (here.parent / "examples", here / "examples"):
        if place.is_dir():
            return place
    raise NotFound(
        "The folder of the example works is missing.", remedy="Install the whole package, or set SHEAF_EXAMPLES=false."
    )


def load(path: Path) -> list[Example]:
    """Read the examples of a folder in the order of their names. Raises Invalid naming the file that is wrong."""
    return [_example(toml.parent) for toml in sorted(path.glob("*/deposit.toml"))]


async def deposit_examples(
    folder: Path,
    service: str,
    name: str,
    password: str,
    session: ClientSession,
    tell: Tell,
    *,
    nearby: tuple[str, str] = ("", ""),
) -> list[str]:
    """Deposit every example of a folder and return the Edit-IRIs; `service` is the address of the service document.

    Raises Invalid for an example that is wrong, Refused and Unavailable as the server answers. What was deposited before stays.
    """
    depositor = Depositor(session, encode_basic_auth(name, password), nearby)
    document = await depositor.ask("GET", service)
    collections = [] if document is None else [str(found) for found in document.xpath("//app:collection/@href", namespaces=NS)]
    deposited = []
    for example in load(folder):
        to = next((iri for iri in collections if iri.rstrip("/").endswith("/" + quote(example.collection, safe=""))), None)
        if to is None:
            raise NotFound(f"The server has no collection {example.collection!r} for the example {example.name}.", place=service)
        try:
            edit = await _SENT[example.kind](depositor, to, example)
        except SheafError as error:
            message = f"The example {example.name} could not be deposited. {error.message}"
            raise type(error)(message, place=error.place, remedy=error.remedy) from error
        tell(f"deposited {example.name}")
        deposited.append(edit)
    return deposited


async def _simple_zip(depositor: Depositor, collection: str, example: Example) -> str:
    body = _zip((example.metadata, *example.files))
    kind = {"Content_Type": "application/zip", "Packaging": SIMPLE_ZIP}
    return _edit(
        await depositor.ask("POST", collection, body, **kind, Content_Disposition=f"attachment; filename={example.name}.zip"),
        collection,
    )


async def _multipart(depositor: Depositor, collection: str, example: Example) -> str:
    lines = [
        f'--{BOUNDARY}\r\nContent-Type: {ENTRY}\r\nContent-Disposition: attachment; name="atom"\r\n'.encode(),
        example.metadata[1],
        f"--{BOUNDARY}\r\nContent-Type: application/zip\r\nPackaging: {SIMPLE_ZIP}".encode(),
        f'Content-Disposition: attachment; name="payload"; filename="{example.name}.zip"\r\n'.encode(),
        _zip(example.files),
        f"--{BOUNDARY}--\r\n".encode(),
    ]
    kind = f'multipart/related; boundary="{BOUNDARY}"; type="application/atom+xml"'
    return _edit(await depositor.ask("POST", collection, b"\r\n".join(lines), Content_Type=kind), collection)


async def _entry(depositor: Depositor, collection: str, example: Example) -> str:
    """Describe the work, add its files one by one, then complete it."""
    receipt = await depositor.ask("POST", collection, example.metadata[1], Content_Type=ENTRY, In_Progress="true")
    edit = _edit(receipt, collection)
    for name, content in example.files:
        await depositor.ask("POST", _link(receipt, "edit-media", collection), content, **_as_file(name))
    await depositor.ask("POST", edit, In_Progress="false", Content_Type="application/octet-stream")
    return edit


async def _binary(depositor: Depositor, collection: str, example: Example) -> str:
    """Send the file first, its description afterwards."""
    [(name, content)] = example.files
    edit = _edit(await depositor.ask("POST", collection, content, **_as_file(name), In_Progress="true"), collection)
    await depositor.ask("PUT", edit, example.metadata[1], Content_Type=ENTRY, In_Progress="false")
    return edit


_SENT = {"simplezip": _simple_zip, "multipart": _multipart, "entry": _entry, "binary": _binary}


def _as_file(name: str) -> dict[str, str]:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"Content_Type": kind, "Content_Disposition": f"attachment; filename={quote(name)}", "Packaging": BINARY}


def _zip(files: tuple[tuple[str, bytes], ...]) -> bytes:
    """Pack files; the same files give the same bytes, so that a deposit sent again is known."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _example(path: Path) -> Example:
    try:
        said = tomllib.loads((path / "deposit.toml").read_text("utf-8"))
        files = tuple((name, (path / name).read_bytes()) for name in said["files"])
        example = Example(
            path.name, said["kind"], said["collection"], (said["metadata"], (path / said["metadata"]).read_bytes()), files
        )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise Invalid(
            f"The example {path.name} cannot be read: {error}.",
            place=f"{path.name}/deposit.toml",
            remedy="See examples/README.md.",
        ) from error
    if example.kind not in _SENT or (example.kind == "binary" and len(files) != 1):
        raise Invalid(
            f"The example {path.name} cannot be sent as {example.kind!r}.",
            place=f"{path.name}/deposit.toml",
            remedy=f"Use one of {', '.join(_SENT)}; a binary deposit has one file.",
        )
    return example


def _document(answer: bytes, iri: str) -> etree._Element | None:
    try:
        return parse(answer, place=iri) if answer.strip() else None
    except Invalid:
        return None


def _edit(receipt: etree._Element | None, iri: str) -> str:
    return _link(receipt, "edit", iri)


def _link(receipt: etree._Element | None, rel: str, iri: str) -> str:
    found = None if receipt is None else receipt.find(f"atom:link[@rel='{rel}']", NS)
    if found is None or not found.get("href"):
        raise Refused(f"{iri} answered without a receipt that has a link {rel}.", remedy="See what stands at that address.")
    return str(found.get("href"))
