"""A deposit that is a metadata document, by itself or beside files in an archive: what those packagings have in common."""

from collections.abc import Callable
from functools import partial

from server.sword.archives.unpacking import Store, kind_of
from server.sword.package import Arrived, Choice, Member, Package, Packaging, Role, documents_of, manifest_missing, unpacked


def document(reader: str, title: str, arrived: Arrived, store: Store) -> Package:
    """Offer the body, or what stands at the top of the archive, to a reader; what it does not know in an archive is a file."""
    if not kind_of(arrived.path):
        member = Member(arrived.filename, arrived.received, Role.METADATA)
        return Package(tuple(documents_of([member], reader=reader, required=True)), (member,))
    with unpacked(arrived, store) as contents:
        found = contents.at_top(".xml", ".json")
        if not found:
            raise manifest_missing(f"document of {title}", title, arrived.filename)
        only = len(found) == 1
        documents = documents_of(found, reader=reader, required=only)
        return contents.package(documents, choice=Choice.ONE)


def alone(iri: str, title: str, reader: str, *, names: tuple[str, ...] = (), media_types: tuple[str, ...] = ()) -> Packaging:
    """Return the packaging of a metadata format, which goes by the name of its namespace."""
    read: Callable[[Arrived, Store], Package] = partial(document, reader, title)
    return Packaging(iri=iri, names=names, title=title, read=read, media_types=media_types)
