"""What a package may ask of memory and time: names as deep as they like, lines as long, documents as many."""

from pathlib import Path

import pytest

from server.errors import Invalid
from server.sword import package
from server.sword.packagings import metsdspacesip
from tests.sword.desk import MODS, PDF, Desk, mets, tarred, zipped


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("name", ["a/" * 40 + "peas.txt", "/".join(["a" * 200] * 6)], ids=["deep", "long"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_as_deep_or_long_as_it_likes_is_refused(desk: Desk, name: str, kind: str) -> None:
    body = zipped((name, b"1")) if kind == "zip" else tarred((name, b"1"))
    with pytest.raises(Invalid, match="too long or too deep") as caught:
        desk.read(body)
    assert caught.value.code == "archive-unsafe"
    assert desk.left() == []


def test_what_a_mets_points_to_is_read_once_and_within_the_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    pointer = b'<mdRef MDTYPE="MODS" LOCTYPE="URL" xlink:href="mods.xml"/>'
    body = zipped(("mets.xml", mets(pointer, pointer)), ("mods.xml", MODS), ("peas.pdf", PDF))
    assert desk.read(body, packaging=metsdspacesip.IRI).record is not None
    monkeypatch.setattr(package, "LARGEST_DOCUMENTS", 100)
    with pytest.raises(Invalid, match="metadata documents"):
        desk.read(body, packaging=metsdspacesip.IRI)
