"""Whether a virus scanner finds anything in the files, where the profile names one."""

from collections.abc import Iterator

from server.metadata.reading import Remark
from server.sword.check import Check, Looked
from server.sword.clamd import Clamd, Unscanned

PLAIN = "Nobody could look for viruses in {}: {}"


def _run(looked: Looked) -> Iterator[Remark]:
    if not looked.rules.scans:
        return
    clamd = Clamd.at(looked.rules.scans)
    for file in looked.content.files:
        try:
            found = clamd.scan(looked.path(file.sha256))
        except Unscanned as error:
            yield Remark(PLAIN.format(file.name, error), code="scan-unavailable", place=file.name)
            return  # it would say the same of each of a thousand files
        if found:
            yield Remark(f"{file.name} holds a virus: {found}.", code="virus", place=file.name, value=found)


PLUGIN = Check("viruses", "Viruses", _run)
