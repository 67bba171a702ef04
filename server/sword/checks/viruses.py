"""Whether a virus scanner finds anything in the files, where the profile names one."""

from collections.abc import Iterator

from server.metadata.reading import Remark
from server.sword.check import Check, Looked
from server.sword.clamd import Clamd, Unscanned

PLAIN = "Nobody could look for viruses in {}: {}"


def _run(looked: Looked) -> Iterator[Remark]:
    if not looked.rules.scans:
        return
    clamd, content = Clamd.at(looked.rules.scans), looked.content
    # Everything that can be downloaded, metadata and manifests too, whatever it is called and how often it is there.
    names = {each.sha256: each.name for each in content.members} | {each.sha256: each.name for each in content.files}
    unscanned: list[Remark] = []
    for sha256, name in names.items():
        try:
            found = clamd.scan(looked.path(sha256))
        except Unscanned as error:
            unscanned.append(Remark(PLAIN.format(name, error), code="scan-unavailable", place=name))
            if not _answers(clamd):
                break  # it would say the same of each of a thousand files
            continue
        if found:
            yield Remark(f"{name} holds a virus: {found}.", code="virus", place=name, value=found)
    yield from unscanned


def _answers(clamd: Clamd) -> bool:
    """Whether a scanner that did not look into one file, too large for it or more than it could stand, may look into the next."""
    try:
        clamd.ping()
    except Unscanned:
        return False
    return True


PLUGIN = Check("viruses", "Viruses", _run)
