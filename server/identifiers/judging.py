"""Documents judged by the agency's own schema before they are sent, where the installation keeps a copy of it."""

import threading
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from server import observe
from server.errors import Invalid
from server.identifiers.model import Agency
from server.schemas import Schemas
from server.xml import parse

log = observe.logger("register")

_MOST = 20
"""So many faults of one document are named."""


class Judge:
    """Says what an agency would refuse of a document; `folder` has the copies of the schemas, and may be empty.

    A document names its schema itself. Where there is no copy of that, it is sent as it is, and the log says so once.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # of what libxml2 compiled only one thread may make use
        self._schemas: Schemas | None = None
        self._said: set[str] = set()

    def refusal(self, agency: Agency, document: bytes) -> str:
        """Return what the agency would refuse, by its own words for the fields; empty where it is valid, or not judged."""
        if not document:
            return ""
        with self._lock:
            try:
                found = dict(reversed(list(self._faults(parse(document)))))  # the first fault of each element
            except Invalid as error:
                self._say(error.message)
                return ""
        named = [f"{source}: {words}" for source, words in reversed(list(found.items())[-_MOST:])]
        return f"{agency.title} would refuse it: {'; '.join(named)}." if named else ""

    def _faults(self, root: etree._Element) -> Iterator[tuple[str, str]]:
        """Yield element and fault. Raises Invalid where the copies cannot be used."""
        if not self._folder:
            self._say("SHEAF_SCHEMAS names no folder")
            return
        self._schemas = self._schemas or Schemas(Path(self._folder))
        if not self._schemas.names(root):
            return
        if missing := self._schemas.missing(root):
            self._say(f"there is no copy of {', '.join(missing)}")
            return
        for _place, _way, message in self._schemas.faults(root):
            # libxml2 says: Element '{namespace}name'[, attribute 'name']: text.
            element, _, text = message.partition(": ")
            yield element.rpartition("}")[2].partition("'")[0], text.replace(f"{{{etree.QName(root).namespace}}}", "").rstrip(".")

    def _say(self, reason: str) -> None:
        if reason not in self._said:
            self._said.add(reason)
            log.info("judged no document by the schema of its agency", extra={"reason": reason})
