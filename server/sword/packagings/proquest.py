"""A thesis as ProQuest's ETD Administrator delivers it: `…_DATA.xml` (DISS_submission) beside the files it names."""

from pathlib import PurePosixPath

from server.errors import Invalid
from server.sword.archives.entries import folded
from server.sword.archives.unpacking import Store
from server.sword.package import Arrived, Package, Packaging, Role, documents_of, file_missing, manifest_missing, parsed, unpacked
from server.xml import place_of, text_of

IRI = "http://www.etdadmin.com/ns/etdsword"
ENDING = "_data.xml"
_NAMES = ("{*}DISS_content/{*}DISS_binary", "{*}DISS_content/{*}DISS_attachment/{*}DISS_file_name")


def read(arrived: Arrived, store: Store) -> Package:
    """Unpack the archive and look up the files the submission names. Raises Invalid where there is no submission, or two."""
    with unpacked(arrived, store) as contents:
        found = contents.at_top(ENDING)
        if not found:
            raise manifest_missing("…_DATA.xml", "ProQuest ETD", arrived.filename)
        if len(found) > 1:
            names = ", ".join(member.name for member in found)
            raise Invalid(
                f"The package has more than one submission: {names}.",
                place=names,
                remedy="Send each thesis in a deposit of its own.",
                code="manifest-twice",
            )
        root = parsed(found[0])
        # Supplements stand in a folder of their own, and are named without it.
        here = {folded(PurePosixPath(name).name) for name in contents.members}
        for element in (element for path in _NAMES for element in root.iterfind(path)):
            if (name := text_of(element)) and folded(name) not in here:
                raise file_missing(f"{found[0].name} {place_of(element)}", name)
        return contents.package(documents_of(found, reader="proquest", required=True), {found[0].name: Role.METADATA})


PLUGIN = Packaging(
    iri=IRI,
    names=(),
    title="A thesis from ProQuest's ETD Administrator",
    read=read,
    sniff=lambda names: (
        any(name.lower().endswith(ENDING) and "/" not in name for name in names)
        and any(name.lower().endswith(".pdf") for name in names)
    ),
)
