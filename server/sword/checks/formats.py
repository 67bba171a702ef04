"""What the bytes of each file say it is, whatever its name and its sender say."""

from collections.abc import Iterator

import msgspec

from server.metadata.reading import Remark
from server.records.model import File
from server.records.sniff import UNKNOWN, kind_of
from server.sword.check import Check, Looked

_HEAD = 512


def _run(looked: Looked) -> Iterator[Remark | File]:
    for file in looked.content.files:
        with looked.path(file.sha256).open("rb") as opened:
            shown = kind_of(file.name, opened.read(_HEAD), file.mime)
        if shown == file.mime:
            continue
        yield msgspec.structs.replace(file, mime=shown)
        if file.mime != UNKNOWN:
            words = f"{file.name} was sent as {file.mime}, and its bytes are {shown}; it is kept as that."
            yield Remark(words, code="format-differs", place=file.name, value=f"{file.mime} is {shown}")


PLUGIN = Check("formats", "Formats of the files", _run)
