"""The headers of a deposit in every form clients were seen to send (spec/sword.md § C.13)."""

import base64
import hashlib
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from server.sword import quirks
from server.sword.causes import CAUSES
from server.sword.errors import BadRequest, SwordError
from server.sword.headers import beneficiaries, on_behalf_of, sound
from server.sword.v2.opening import is_entry
from server.sword.v2.request import BINARY, DepositHeaders, deposit_headers
from server.xml import FORBIDDEN

MD5 = hashlib.md5(b"peas").hexdigest()
SIMPLE = "http://purl.org/net/sword/package/SimpleZip"


def read(**headers: str) -> DepositHeaders:
    return deposit_headers(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("attachment; filename=peas.pdf", "peas.pdf"),
        ('attachment; filename="peas.pdf"', "peas.pdf"),
        ("filename=peas.pdf", "peas.pdf"),
        ("ATTACHMENT;FILENAME=peas.pdf", "peas.pdf"),
        ('attachment; filename="two words; and more.pdf"', "two words; and more.pdf"),
        (r'attachment; filename="a \"quoted\" pea.pdf"', 'a "quoted" pea.pdf'),
        ("attachment; filename=Versuche%20%C3%BCber.pdf", "Versuche über.pdf"),
        ("attachment; filename=100%.pdf", "100%.pdf"),
        ("attachment; filename*=UTF-8''Versuche%20%C3%BCber.pdf", "Versuche über.pdf"),
        ("attachment; filename=x.pdf; filename*=UTF-8'de'%C3%BC.pdf", "ü.pdf"),
        ("attachment; filename*=no-such-charset''a.pdf", "a.pdf"),
        ("attachment; filename=/home/gregor/peas.zip", "peas.zip"),
        (r"filename=C:\Users\gregor\peas.zip", "peas.zip"),
        ("attachment; filename=../../etc/passwd", "passwd"),
        ("attachment; filename=..%2F..%2Fpasswd", "passwd"),
        ("attachment; filename=..", ""),
        ("attachment; filename=", ""),
        ("attachment", ""),
        ("", ""),
        ("=?utf-8?q?attachment=3B_filename=3Dt=C3=A9=2Ebin?=", "té.bin"),
        (f"attachment; filename={Header('té.bin', 'utf-8').encode()}", "té.bin"),
        ("=?no-such-charset?q?attachment=3B_filename=3Dt?=", ""),
        ("attachment; filename=t\u00c3\u00a9.bin", "té.bin"),  # UTF-8 read as Latin-1
        ("attachment; filename=té.bin", "té.bin"),
        ("attachment; filename=發微算法.txt", "發微算法.txt"),
        ('attachment; filename="a%00b%0Ac.pdf"', "abc.pdf"),
        ('form-data; name="file"; filename="small.zip"', "small.zip"),
    ],
)
def test_the_file_name_is_found_in_every_form_of_a_content_disposition(sent: str, name: str) -> None:
    assert read(Content_Disposition=sent).filename == name


@pytest.mark.parametrize(
    "sent", ["attachment; name=atom", 'attachment; name="atom"', 'form-data; name="atom"; filename="meta.xml"']
)
def test_the_part_is_named(sent: str) -> None:
    assert read(Content_Disposition=sent).part == "atom"


@pytest.mark.parametrize("sent", [MD5, MD5.upper(), f" {MD5} ", base64.b64encode(bytes.fromhex(MD5)).decode()])
@pytest.mark.parametrize("name", ["Content-MD5", "content-md5", "CONTENT_MD5"])
def test_an_md5_is_taken_in_hexadecimal_and_in_base64(sent: str, name: str) -> None:
    assert deposit_headers(CIMultiDict({name: sent})).md5 == MD5


@pytest.mark.parametrize("sent", ["nonsense", MD5[:-1], MD5 + "0", "é", base64.b64encode(b"short").decode(), "b'" + MD5 + "'"])
def test_nonsense_for_an_md5_is_refused_with_its_place(sent: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read(Content_MD5=sent)
    assert caught.value.place == "Content-MD5"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("sent", "said"),
    [("true", True), ("True", True), ("TRUE", True), ("1", True), ("false", False), ("False", False), ("", False)],
)
def test_booleans_are_taken_as_clients_write_them(sent: str, said: bool) -> None:
    assert read(In_Progress=sent).in_progress is said
    assert read(Metadata_Relevant=sent).metadata_relevant is (said or not sent)


def test_absent_headers_mean_what_the_profile_says() -> None:
    said = read()
    assert (said.in_progress, said.metadata_relevant, said.packaging, said.packaging_named) == (False, True, BINARY, False)
    assert said.content_type == "application/octet-stream"


@pytest.mark.parametrize("name", ["In-Progress", "Metadata-Relevant"])
@pytest.mark.parametrize("sent", ["maybe", "yes please", "2"])
def test_other_booleans_are_refused_with_their_place(name: str, sent: str) -> None:
    with pytest.raises(BadRequest) as caught:
        deposit_headers(CIMultiDict({name: sent}))
    assert caught.value.place == name


@pytest.mark.parametrize("name", ["Packaging", "X-Packaging", "packaging"])
def test_packaging_is_found_under_its_names(name: str) -> None:
    said = deposit_headers(CIMultiDict({name: SIMPLE}))
    assert (said.packaging, said.packaging_named) == (SIMPLE, True)


@pytest.mark.parametrize(
    "sent",
    [
        "application/atom+xml",
        "application/atom+xml;type=entry",
        "application/atom+xml; type=entry",
        'Application/Atom+XML;charset="utf-8"',
    ],
)
def test_every_atom_type_is_an_entry(sent: str) -> None:
    assert is_entry(read(Content_Type=sent).content_type)


@pytest.mark.parametrize(
    ("sent", "boundary"),
    [
        ('multipart/related; boundary="==a_$"; type="application/atom+xml"', "==a_$"),
        ("multipart/related; boundary=========1288==", "========1288=="),
        ("multipart/form-data; boundary=87d59f;type=x", "87d59f"),
        ("multipart/related", ""),
    ],
)
def test_the_boundary_is_found_quoted_or_not(sent: str, boundary: str) -> None:
    assert read(Content_Type=sent).boundary == boundary


@pytest.mark.parametrize("name", ["On-Behalf-Of", "X-On-Behalf-Of", "on-behalf-of"])
@pytest.mark.parametrize("sent", ["obo", "a;b", "orcid|0000-0002-1825-0097", "12ab-34"])
def test_every_form_of_on_behalf_of_is_read(name: str, sent: str) -> None:
    assert on_behalf_of(CIMultiDict({name: sent})) == sent


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ("", ()),
        ("mendel", ("mendel",)),
        ("a;b", ("a;b", "a", "b")),
        ("login|mendel; idhal|gregor", ("login|mendel; idhal|gregor", "login|mendel", "idhal|gregor", "mendel", "gregor")),
    ],
)
def test_whom_a_request_may_be_for(sent: str, names: tuple[str, ...]) -> None:
    assert beneficiaries(CIMultiDict({"On-Behalf-Of": sent})) == names


def test_a_slug_is_percent_encoded_utf_8() -> None:
    assert read(Slug="Versuche%20%C3%BCber").slug == "Versuche über"


def test_bytes_that_are_no_utf_8_are_latin_1() -> None:
    sent = b"attachment; filename=t\xe9.bin".decode("utf-8", "surrogateescape")
    assert read(Content_Disposition=sound(sent)).filename == "té.bin"
    assert sound("\ud800x") == "x"
    assert sound("té") == "té"


NAMES = st.sampled_from([
    "Content-Type", "Content-Disposition", "Content-MD5", "CONTENT_MD5", "Packaging", "X-Packaging", "In-Progress", "Metadata-Relevant", "Slug", "On-Behalf-Of",
])  # fmt: skip
WORDS = st.lists(
    st.sampled_from(
        [
            "attachment",
            ";",
            "filename",
            "filename*",
            "=",
            '"',
            "\\",
            "%C3",
            "%00",
            "''",
            "utf-8''",
            "=?utf-8?q?",
            "=?x?b?",
            "?=",
            "a",
            " ",
            "/",
        ]
    )
)
VALUES = st.one_of(st.text(st.characters(max_codepoint=0xFFFF)), WORDS.map("".join))


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_is_odd_in_headers_is_told_in_words(headers: dict[str, str]) -> None:
    for remark in quirks.of_headers(CIMultiDict({name: sound(value) for name, value in headers.items()})):
        assert remark.code in CAUSES
        assert remark
        assert remark.place


@given(st.dictionaries(NAMES, VALUES))
def test_any_headers_give_a_value_or_a_sword_error(headers: dict[str, str]) -> None:
    try:
        said = deposit_headers(CIMultiDict({name: sound(value) for name, value in headers.items()}))
    except SwordError as error:
        assert error.message  # noqa: PT017 -- either outcome is good, both are looked at
        assert error.place  # noqa: PT017 -- as above
        return
    assert not FORBIDDEN.search(said.filename + said.slug)
    assert "/" not in said.filename
    assert len(said.md5) in {0, 32}
