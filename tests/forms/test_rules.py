"""Rules of classes and of forms: everything that is wrong is said at once, beside fields that cannot be read at all."""

import pytest
from msgspec import Struct

from server.admin.jobs.forms import WHEN
from server.forms.form import Form, Layout
from server.oai.definition import Definition
from server.people.model import Person, Post
from server.records.model import Container, Dates, Place, Record, Text
from server.sword.profile.settings import Client, Collection, Server
from server.works.asked import RULES


def wrong(layout: Layout, pairs: dict[str, str], value: Struct | None = None) -> dict[str, str]:
    found = layout.read(pairs.items(), value)
    return {error.path: error.text for error in found.errors} if isinstance(found, Form) else {}


def test_all_dates_that_are_wrong_are_named() -> None:
    found = wrong(Layout.of(Dates), {"issued": "soon", "created": "1866-13", "updated": "1866"})
    assert set(found) == {"issued", "created"}


def test_rules_speak_beside_fields_that_cannot_be_read() -> None:
    pairs = {
        "repository_name": "", "admin_emails": "ada\nemmy@example.org\nlise", "formats": "datacite", "page_size": "many",
        "contexts.0.path": "one", "contexts.0.title": "One", "contexts.1.path": "one", "contexts.1.title": "Another",
        "contexts.2.path": "A B", "contexts.2.title": "C", "contexts.2.formats": "datacite",
    }  # fmt: skip
    found = wrong(Layout.of(Definition), pairs)
    assert set(found) == {
        "repository_name", "admin_emails", "formats", "page_size", "contexts.1.path", "contexts.2.path", "contexts.2.formats",
    }  # fmt: skip
    assert "'ada'" in found["admin_emails"]
    assert "'lise'" in found["admin_emails"]


def test_all_that_is_wrong_with_a_server_is_named() -> None:
    pairs = {
        "code": "A B", "collections.0.id": "peas", "collections.0.title": "Peas", "collections.1.id": "peas",
        "collections.1.title": "Beans", "clients.0.account": "", "clients.1.account": "ada", "clients.1.collections": "roses",
        "clients.2.account": "ada", "clients.2.collections": "herbs\npeas",
    }  # fmt: skip
    found = wrong(Layout.of(Server), pairs)
    assert set(found) == {"code", "collections", "clients", "clients.1.collections", "clients.2.collections"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"collections": ("peas", "peas")}, "collections: two of them have the code 'peas'"),
        ({"clients": ("ada", "ada")}, "clients: 'ada' stands there twice"),
    ],
)
def test_a_class_refuses_with_the_first_of_its_faults(values: dict, message: str) -> None:
    collections = tuple(Collection(id=name, title="Peas") for name in values.get("collections", ("peas",)))
    clients = tuple(Client(account=name) for name in values.get("clients", ()))
    with pytest.raises(ValueError, match=f"^{message}$"):
        Server(code="main", collections=collections, clients=clients)


def test_all_that_is_wrong_with_an_affiliation_is_named() -> None:
    pairs = {"family": "Mendel", "posts.0.name": "", "posts.0.ror": "x", "posts.0.since": "soon", "posts.0.until": "later"}
    pairs = {name.replace("posts", next(n for n in Person.__struct_fields__ if n in {"posts", "affiliations"})): value
             for name, value in pairs.items()}  # fmt: skip
    assert {path.rpartition(".")[2] for path in wrong(Layout.of(Person), pairs)} == {"name", "ror", "since", "until"}
    with pytest.raises(ValueError, match="earlier"):
        Post(name="Abbey", since="1850", until="1849")


@pytest.mark.parametrize(
    ("path", "scheme", "right", "mistyped"),
    [
        ("creators.0.ids.0.value", "orcid", "0000-0002-1825-0097", "0000-0002-1825-0098"),
        ("creators.0.ids.0.value", "isni", "0000 0001 2103 2683", "0000 0001 2103 2684"),
        ("creators.0.affiliations.0.ror", "", "https://ror.org/03yrm5c26", "https://ror.org/03yrm5c27"),
        ("container.isbn", "", "978-3-16-148410-0", "978-3-16-148410-1"),
        ("container.issn_print", "", "0378-5955", "0378-5956"),
        ("container.issn_online", "", "2434-561X", "2434-5610"),
        ("identifiers.0.value", "isbn", "080442957X", "0804429571"),
        ("identifiers.0.value", "doi", "10.5072/peas", "peas"),
        ("related.0.value", "issn", "ISSN 0378-5955", "03785957"),
        ("thesis.grantor_ror", "", "https://ror.org/03yrm5c26", "abbey"),
    ],
)
def test_identifiers_typed_into_a_work_are_verified(path: str, scheme: str, right: str, mistyped: str) -> None:
    layout = Layout.of(Record, without=("files",), rules=RULES)
    pairs = {
        "type": "dataset.dataset", "title.value": "Peas", "creators.0.kind": "person", "creators.0.family": "Mendel",
        "creators.0.affiliations.0.name": "Abbey", "access": "open",
    }  # fmt: skip
    if scheme:
        pairs |= {path.replace("value", "scheme"): scheme}
    assert wrong(layout, pairs | {path: right}) == {}
    assert set(wrong(layout, pairs | {path: mistyped})) == {path}


def test_a_cron_line_that_would_not_count_is_refused() -> None:
    assert wrong(WHEN, {"time": "0 2 * * *", "cron": "30 2 * * 1"}).keys() == {"cron"}
    assert wrong(WHEN, {"time": "own", "cron": "30 2 * * 1"}) == wrong(WHEN, {"time": "0 2 * * *", "cron": ""}) == {}


OLD = Record(
    type="dataset.dataset",
    title=Text(value="Peas", lang="no such"),
    languages=("no such",),
    geo=(Place(name="Brno", latitude=95.0),),
)


def test_what_was_odd_before_does_not_keep_anybody_from_saving() -> None:
    layout = Layout.of(Record, only=("title", "languages", "geo"), rules=RULES)
    pairs = {"title.value": "Beans", "title.lang": "no such", "languages": "no such", "geo.0.@": "0", "geo.0.name": "Brno, again",
             "geo.0.latitude": "95", "geo.0.longitude": ""}  # fmt: skip
    assert wrong(layout, pairs, OLD) == {}
    assert set(wrong(layout, pairs | {"geo.0.latitude": "96"}, OLD)) == {"geo.0.latitude"}
    assert set(wrong(layout, pairs | {"title.lang": "nor such"}, OLD)) == {"title.lang"}
    assert set(wrong(layout, pairs | {"languages": "nor such"}, OLD)) == {"languages"}
    odd = Record(type="dataset.dataset", title=Text(value="Peas"), container=Container(issn_print="mistyped"))
    container = Layout.of(Record, only=("container",), rules=RULES)
    assert wrong(container, {"container.title": "Letters", "container.issn_print": "mistyped"}, odd) == {}


def test_a_rule_finds_its_row_behind_rows_that_are_dropped() -> None:
    layout = Layout.of(Record, only=("geo",), rules=RULES)
    pairs = {"geo.0.name": "", "geo.1.name": "Brno", "geo.1.latitude": "999", "geo.1.longitude": "-999"}
    assert set(wrong(layout, pairs, OLD)) == {"geo.1.latitude", "geo.1.longitude"}
