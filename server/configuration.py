"""The profiles an installation cannot do without: made at the very first start, from the variables where they used to stand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, structs
from sqlalchemy import Connection

from server import observe, rendering
from server.audit.log import HOUSE, note
from server.oai import definition
from server.oai.definition import Context, Definition
from server.profiles import store
from server.profiles.model import Wrong
from server.profiles.reading import read
from server.profiles.seal import Seal
from server.settings import Settings
from server.sword.profile import settings as sword
from server.sword.profile.settings import Collection, Server

DEFINITION = "OAI repository"
SERVER = "SWORD server"
FIRST_COLLECTION = "works"

log = observe.logger("profiles")

#: The further base URLs of a new installation: what some aggregators want otherwise than the others.
CONTEXTS = (
    Context(
        path="openaire",
        title="OpenAIRE",
        description="For OpenAIRE and whoever follows its guidelines: one type in the words of info:eu-repo.",
        formats=("oai_dc_openaire", "oai_openaire", "oai_datacite"),
        sets=("openaire", "openaire_data", "ec_fundedresources", "driver", "open_access"),
    ),
    Context(
        path="dini",
        title="DINI",
        description="For harvesters that follow the DINI certificate: types, versions and Dewey classes in its words.",
        formats=("oai_dc_dini", "xmetadissplus"),
        sets=("open_access", "ddc", "doc-type", "status-type"),
    ),
    Context(
        path="plain",
        title="Plain",
        description="Dublin Core in words for people: no terms of any vocabulary.",
        formats=("oai_dc_plain",),
        sets=("collection", "type"),
    ),
)

#: Variables that were settings of the environment, the kind of profile they belong to now, and its field.
MOVED = {
    "repository_name": (definition.KIND, "repository_name"),
    "admin_email": (definition.KIND, "admin_emails"),
    "oai_page_size": (definition.KIND, "page_size"),
    "oai_token_days": (definition.KIND, "token_days"),
    "import_as": (sword.KIND, "import_as"),
    "content_faults": (sword.KIND, "content_faults"),
    "read_now_mb": (sword.KIND, "read_now_mb"),
}


#: By kind or field: the class a value must fit, and what that class needs beside it.
_PROOFS: dict[str, tuple[type[Struct], dict[str, Any]]] = {
    definition.KIND: (Definition, {"repository_name": "x", "admin_emails": ["x@example.org"]}),
    sword.KIND: (Server, {"code": "x", "collections": [{"id": "x", "title": "x"}]}),
    "import_as": (Collection, {"id": "x", "title": "x"}),
}


def first_profiles(tx: Connection, settings: Settings, moved: Mapping[str, str], seal: Seal, now: datetime) -> bool:
    """Make the definition and the SWORD server of a new installation, or of one that had them in the environment.

    Done once: what an administrator deletes stays deleted. Returns whether they were made.
    """
    if store.of_kind(tx, definition.KIND):
        return False
    fitting = _fitting(moved)
    described = first_definition(settings, fitting.get(definition.KIND, {}))
    if rendering.known(tx) is None:  # nobody harvests it yet
        described = structs.replace(described, contexts=CONTEXTS)
    serving = first_server(fitting.get(sword.KIND, {}))
    for kind, name, made in ((definition.KIND, DEFINITION, described), (sword.KIND, SERVER, serving)):
        if store.find(tx, name) is None:
            profile = store.add(tx, kind, name, made, seal, now, sole=kind == definition.KIND)
            note(tx, HOUSE, "profile.made", "profile", str(profile.id), now, summary=name)
    return True


def first_definition(settings: Settings, values: Mapping[str, Any]) -> Definition:
    """Return the definition of a repository nobody has described yet."""
    plain = Definition(repository_name="Sheaf", admin_emails=(settings.email,))
    return structs.replace(plain, **values)


def defined(tx: Connection) -> Definition | None:
    """Return the definition, whether it is switched on or not; None where it was deleted or cannot be read."""
    for profile in (each for each in store.every(tx) if each.kind == definition.KIND):
        try:
            return msgspec.convert(profile.document, Definition)
        except msgspec.ValidationError as error:
            log.warning("cannot use a profile", extra={"profile": profile.name, "reason": str(error)})
    return None


def first_server(values: Mapping[str, Any]) -> Server:
    """Return a server with one collection, open to every depositor."""
    collection = Collection(id=FIRST_COLLECTION, title="Works", policy="Works of the institution's members.")
    if approval := values.get("import_as"):
        collection = structs.replace(collection, import_as=approval)
    rest = {field: value for field, value in values.items() if field != "import_as"}
    return structs.replace(Server(code="sword", collections=(collection,)), **rest)


def _fitting(moved: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the values of moved variables by kind and field; one that does not fit is said and left out."""
    found: dict[str, dict[str, Any]] = {}
    for variable, text in moved.items():
        kind, field = MOVED[variable]
        value: Any = [text] if field == "admin_emails" else text
        shape, rest = _PROOFS[field if field in _PROOFS else kind]
        try:
            found.setdefault(kind, {})[field] = getattr(read(shape, rest | {field: value}), field)
        except Wrong as error:
            log.warning(
                "a setting does not fit and is left out", extra={"variable": _variable(variable), "reason": error.message}
            )
    return found


def told_of_moved(tx: Connection, moved: Mapping[str, str]) -> None:
    """Warn of variables that are set and say something else than the profiles, which are what counts."""
    fitting = _fitting(moved)
    for variable in moved:
        kind, field = MOVED[variable]
        if field not in fitting.get(kind, {}):
            continue
        stored = [_stored(profile.document, field) for profile in store.every(tx) if profile.kind == kind]
        value = fitting[kind][field]
        if (list(value) if isinstance(value, tuple) else value) not in stored:
            log.warning(
                "a variable is not read any more; the profile says something else",
                extra={"variable": _variable(variable), "where": f"/admin/profiles, kind {kind}, {field}"},
            )


def _stored(document: Mapping[str, Any], field: str) -> Any:
    if field == "import_as":
        return next((found.get("import_as") for found in document.get("collections", ())), None)
    return document.get(field)


def _variable(name: str) -> str:
    return f"SHEAF_{name.upper()}"
