"""A desk packages are read at without a server: an understanding over a store of its own, and archives to lay on it."""

import hashlib
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

from server.metadata.reading import readers
from server.records.files import DiskStore, Received
from server.sword.model import Content
from server.sword.package import Arrived, packagings
from server.sword.packagings import simplezip
from server.sword.understand import Opened, Understanding

MODS = b"""<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo><title>Versuche</title></titleInfo>
<name type="personal"><namePart type="family">Mendel</namePart><namePart type="given">Gregor</namePart></name></mods>"""
PDF = b"%PDF-1.4 peas"


class Desk:
    """An understanding over a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = DiskStore(folder)
        self.understanding = Understanding(readers(), packagings(), self.store)

    def read(
        self,
        body: bytes,
        *,
        packaging: str = simplezip.IRI,
        relevant: bool = True,
        name: str = "peas.zip",
        mime: str = "application/zip",
    ) -> Content:
        spool = self.store.spool()
        spool.write(body)
        received = spool.finish()
        kept = self.store.keep(received)
        arrived = Arrived(
            self.store.path(kept),
            Received(self.store.path(kept), received.bytes, kept, received.md5),
            name,
            mime,
        )
        return self.understanding.content(Opened(payload=arrived, packaging=packaging, metadata_relevant=relevant))

    def left(self) -> list[Path]:
        return list((self.folder / "spool").iterdir())


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(*entries: tuple[str | tarfile.TarInfo, bytes], kind: str = "", pax: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar, compressed as `kind` says: gz, bz2 or xz."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{kind}", format=pax) as archive:  # type: ignore[call-overload]
        for name, content in entries:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            if info.isreg():
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def mets(*descriptions: bytes, files: bytes = b'<file><FLocat LOCTYPE="URL" xlink:href="peas.pdf"/></file>') -> bytes:
    sections = b"".join(b'<dmdSec ID="d%d">%s</dmdSec>' % pair for pair in enumerate(descriptions))
    return (
        b'<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">%s<fileSec><fileGrp>%s</fileGrp></fileSec></mets>'
        % (sections, files)
    )


def wrapped(inner: bytes, kind: bytes = b'MDTYPE="MODS"') -> bytes:
    return b"<mdWrap %s><xmlData>%s</xmlData></mdWrap>" % (kind, inner)


def outcome(desk: Desk, body: bytes, packaging: str, **said: str) -> tuple[Content, list[str]]:
    content = desk.read(body, packaging=packaging, **said)  # type: ignore[arg-type]
    return content, [remark.code for remark in content.remarks if remark.code not in {"type-missing", "guessed", "unmapped"}]


def peak(deed: Callable[[], object]) -> int:
    """Return how many bytes a deed has in memory at most."""
    tracemalloc.start()
    try:
        deed()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def roles(content: Content) -> dict[str, str]:
    return {member.name: member.role for member in content.members}


def bag(*, algorithm: str = "sha256", name: str = "", more: dict[str, bytes] | None = None, top: str = "") -> dict[str, bytes]:
    files = {"data/peas.pdf": PDF, "data/a%b/more.csv": b"1,2", "metadata/mods.xml": MODS}
    digest = lambda data: hashlib.new(algorithm, data).hexdigest()  # noqa: E731
    manifest = "".join(f"{digest(data)}  {file}\n" for file, data in files.items() if file.startswith("data/"))
    files |= {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": b"Payload-Oxum: 16.2\n",
        f"manifest-{name or algorithm}.txt": manifest.encode(),
    }
    files[f"tagmanifest-{algorithm}.txt"] = f"{digest(files['bagit.txt'])} bagit.txt".encode()
    return {top + file: data for file, data in (files | (more or {})).items() if data != b"gone"}
