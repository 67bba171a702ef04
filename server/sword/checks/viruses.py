"""Whether a virus scanner finds anything in the files, where the profile names one."""

from collections.abc import Iterator

from server.metadata.reading import Remark
from server.records.model import File
from server.sword.check import Check, Looked
from server.sword.clamd import Away, Clamd, Unscanned
from server.sword.model import Held

PLAIN = "Nobody could look for viruses in {}: {}"


def _run(looked: Looked) -> Iterator[Remark]:
    if not looked.rules.scans:
        return
    clamd = Clamd.at(looked.rules.scans)
    seen: set[str] = set()
    every: tuple[File | Held, ...] = (*looked.content.files, *looked.content.members)  # metadata can be downloaded as well
    for file in every:
        if file.sha256 in seen:
            continue
        seen.add(file.sha256)
        try:
            found = clamd.scan(looked.path(file.sha256))
        except Unscanned as error:
            yield Remark(PLAIN.format(file.name, error), code="scan-unavailable", place=file.name)
            if isinstance(error, Away):
                return  # it would say the same of each of a thousand files
            continue
        if found:
            yield Remark(f"{file.name} holds a virus: {found}.", code="virus", place=file.name, value=found)


PLUGIN = Check("viruses", "Viruses", _run)
