"""XML in: what is written otherwise than it says is read as it is written, and what cannot be read is named with line and column."""

import pytest

from server.errors import Invalid
from server.xml import parse

TEXT = "<a>\n <b>Gärten</b></a>"


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>{TEXT}'


READ = {
    "as it says": declared("UTF-8").encode(),
    "Latin-1 as it says": declared("ISO-8859-1").encode("latin-1"),
    "Windows as it says": declared("windows-1252").encode("cp1252"),
    "says Latin-1 and is UTF-8": declared("ISO-8859-1").encode(),
    "says ASCII and is UTF-8": declared("us-ascii").encode(),
    "says UTF-16 and is UTF-8": declared("utf-16").encode(),
    "says nonsense and is UTF-8": declared("peas").encode(),
    "a mark, and says UTF-16": b"\xef\xbb\xbf" + declared("utf-16").encode(),
    "says UTF-8 and is UTF-16": declared("utf-8").encode("utf-16"),
    "UTF-16 without a mark": declared("utf-8").encode("utf-16-le"),
    "UTF-16 without a declaration": TEXT.encode("utf-16"),
    "UTF-32": declared("utf-32").encode("utf-32"),
    "letters by escapes": '<?xml version="1.0" encoding="iso-2022-jp"?><a>豌豆</a>'.encode("iso-2022-jp"),
    "a mark": b"\xef\xbb\xbf" + TEXT.encode(),
}


@pytest.mark.parametrize("data", READ.values(), ids=READ.keys())
def test_a_document_is_read_as_it_is_written(data: bytes) -> None:
    assert "".join(parse(data).itertext()).strip() in {"Gärten", "豌豆"}


LIES = {
    "says UTF-8 and is Latin-1": (declared("UTF-8").encode("latin-1"), "line 2, column 6"),
    "says nothing and is Latin-1": (TEXT.encode("latin-1"), "line 2, column 6"),
    "an encoding of no name": (declared("peas").encode("latin-1"), "line 1, column 36"),
    "two marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + TEXT.encode(), "line 1, column 1"),
    "EBCDIC": (declared("cp037").encode("cp037"), "line 1, column 1"),
    "a zero byte": (TEXT.encode() + b"\0", "line 2, column 19"),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize(("data", "place"), LIES.values(), ids=LIES.keys())
def test_what_cannot_be_read_is_named_with_line_and_column(data: bytes, place: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse(data, place="mods.xml")
    assert caught.value.code == "xml"
    assert "\n" not in caught.value.message
    assert caught.value.place.startswith(f"mods.xml {place}".strip())
