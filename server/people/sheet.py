"""The forms of a person: all of it for those who keep the people, and what researchers may say of themselves."""

from server.forms.field import Choice, Label
from server.forms.form import Layout
from server.people.model import Person
from server.people.schemes import SCHEMES

LABELS = {
    "family": Label(autocomplete="off"),
    "given": Label(autocomplete="off"),
    "spellings": Label(one="Name"),
    "ids": Label(one="Identifier"),
    "ids.scheme": Label(choices=tuple(Choice(code, kind.title) for code, kind in SCHEMES.items())),
    "affiliations": Label(one="Affiliation"),
    "email": Label(widget="email", autocomplete="off"),
    "note": Label(widget="textarea"),
}

WHOLE = Layout.of(Person, labels=LABELS)
OWN = Layout.of(
    Person,
    labels=LABELS | {"family": Label(autocomplete="family-name"), "given": Label(autocomplete="given-name")},
    only=("family", "given", "spellings", "ids", "affiliations"),
)
