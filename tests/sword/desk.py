"""A desk packages are read at without a server: an understanding over a store of its own, and archives to lay on it."""

import io
import tarfile
import zipfile
from pathlib import Path

from server.metadata.reading import readers
from server.records.files import DiskStore, Received
from server.sword.model import Content
from server.sword.package import Arrived, packagings
from server.sword.packagings import simplezip
from server.sword.understand import Opened, Understanding


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
