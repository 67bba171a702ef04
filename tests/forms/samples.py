"""A class with one field of every sort a form can ask for."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from server.forms.field import Choice, Group, title

COLOURS = (
    Group("Warm", (Choice("red", "Red"), Choice("yellow", "Yellow")), "warm"),
    Group("Cold", (Choice("blue", "Blue", "as the sky"), Choice("green", "Green")), "cold"),
)


class Form(StrEnum):
    ROUND = "round"
    WRINKLED = "wrinkled"


class Pod(Struct, frozen=True, kw_only=True):
    label: Annotated[str, Meta(min_length=2), title("Label")]
    key: Annotated[str, title("Key", secret=True)] = ""
    notes: tuple[str, ...] = ()


class Bed(Struct, frozen=True, kw_only=True):
    place: Annotated[str, title("Place")] = ""
    pods: Annotated[tuple[Pod, ...], title("Pods", one="Pod")] = ()


class Owner(Struct, frozen=True, kw_only=True):
    name: str = ""
    mail: Annotated[str, title("E-mail", widget="email", autocomplete="email")] = ""


class Pea(Struct, frozen=True, kw_only=True):
    """`shape` must suit the `seeds`: a rule over several fields."""

    name: Annotated[str, Meta(pattern="^[a-z]+$"), title("Name", "Lower case.", rule="may hold the letters a to z only")]
    form: Annotated[Form, title("Form of the seed")]
    growth: Literal["tall", "dwarf"] = "tall"
    habit: Literal["a", "b", "c", "d"] | None = None
    seeds: Annotated[int, Meta(ge=1, le=9), title("Seeds")] = 5
    weight: Annotated[float, Meta(gt=0), title("Weight", "In grams.")] | None = None
    hardy: bool = False
    tested: bool | None = None
    sown: date | None = None
    seen: datetime | None = None
    address: Annotated[str, title("Web address", widget="url")] = ""
    story: Annotated[str, title("Story", widget="textarea")] = ""
    colour: Annotated[str, title("Colour", choices=COLOURS)] = ""
    colours: Annotated[tuple[str, ...], title("Colours", choices=COLOURS)] = ()
    forms: tuple[Form, ...] = ()
    names: Annotated[tuple[Annotated[str, Meta(max_length=5)], ...], title("Other names")] = ()
    years: tuple[int, ...] = ()
    maker: Annotated[str, title("Maker", choices=(Choice("Mendel", "Gregor Mendel"),), widget="suggest")] = ""
    password: Annotated[str, title("Password", secret=True)] = ""
    certificate: Annotated[str, title("Certificate", widget="file")] = ""
    owner: Owner | None = None
    beds: Annotated[tuple[Bed, ...], title("Beds", one="Bed")] = ()
    pods: Annotated[tuple[Pod, ...], Meta(min_length=1), title("Pods", one="Pod")]

    def __post_init__(self) -> None:
        if self.growth == "dwarf" and self.seeds > 7:
            raise ValueError("seeds: a dwarf has at most 7 seeds")
        if self.name == "weed":
            raise ValueError("this is no pea")
