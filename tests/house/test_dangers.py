"""What must stand nowhere in the code, or in one place only: what the self-check of security (`docs/asvs.md`) leans on."""

import ast
import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from server import xml
from server.errors import Invalid
from tests.admin.visits import login
from tests.conftest import Deposit

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server"
TREES = {path.relative_to(SERVER).as_posix(): ast.parse(path.read_text()) for path in sorted(SERVER.rglob("*.py"))}


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a name, bare or behind a dot, with the file it stands in."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                dotted = ast.unparse(node.func)
                if any(dotted == name or dotted.endswith(f".{name}") for name in names):
                    yield file, node


def imported() -> Iterator[tuple[str, str]]:
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((file, f"{node.module}.{alias.name}") for alias in node.names)


def made(node: ast.AST | None) -> bool:
    """Whether an expression is put together from parts that are not all constants."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    return isinstance(node, ast.BinOp) and any(not isinstance(side, ast.Constant) for side in (node.left, node.right))


def first(call: ast.Call) -> ast.AST | None:
    return call.args[0] if call.args else None


def test_nothing_starts_programs_or_runs_words_as_code() -> None:
    unwanted = {"pickle", "marshal", "shelve", "subprocess", "yaml", "ctypes", "runpy", "pty", "code"}
    assert [(file, name) for file, name in imported() if name.partition(".")[0] in unwanted] == []
    bare = {"eval", "exec", "compile", "__import__"}
    assert [(file, call.lineno) for file, call in calls(*bare) if isinstance(call.func, ast.Name)] == []
    assert [(file, call.lineno) for file, call in calls("os.system", "os.popen", "os.execv", "create_subprocess_exec")] == []


def test_no_statement_is_put_together_from_what_came() -> None:
    found = [(file, ast.unparse(first(call))) for file, call in calls("text", "exec_driver_sql", "execute") if made(first(call))]
    assert sorted(found) == [
        ("backup/restore.py", "f'DELETE FROM \"{found.name}\"'"),  # a table's name, compared with those there are
        ("backup/rows.py", 'f\'SELECT max("{column}") FROM "{table}"\''),  # names of the database's own
        ("db/sqlite.py", "f'PRAGMA {pragma}'"),  # a constant of ours, twice
        ("db/sqlite.py", "f'PRAGMA {pragma}'"),
    ]


def test_no_path_into_xml_is_put_together_from_what_came() -> None:
    assert [(file, call.lineno) for file, call in calls("xpath", "XPath") if made(first(call))] == []


def test_no_expression_is_put_together_from_what_came() -> None:
    names = ("compile", "fullmatch", "match", "search", "sub", "findall", "split", "finditer")
    found = {
        part.value
        for _, call in calls(*(f"re.{name}" for name in names))
        if isinstance(pattern := first(call), ast.JoinedStr)
        for part in pattern.values
        if isinstance(part, ast.FormattedValue)
    }
    ours = re.compile(r"_?[A-Z][A-Z_]*(\.pattern)?|re\.escape\(.*\)")  # constants, and what was made harmless
    assert [text for part in found if not ours.fullmatch(text := ast.unparse(part))] == []


def test_templates_are_files_of_ours() -> None:
    assert [(file, call.lineno) for file, call in calls("from_string", "Template")] == []


def test_xml_is_parsed_in_one_place_only() -> None:
    for file, call in calls("XMLParser", "iterparse"):
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert (given.get("resolve_entities"), given.get("no_network")) == ("False", "True"), file
    for file, call in calls("etree.fromstring", "etree.parse", "etree.XML"):
        ours = isinstance(first(call), ast.Call) and ast.unparse(first(call).func) == "etree.tostring"
        assert ours or len(call.args) == 2, f"{file} parses what came without our parser"


def test_an_entity_is_not_followed() -> None:
    for document in (
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ENTITY e "peas">]><a>&e;</a>',
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
    ):
        with pytest.raises(Invalid):
            xml.parse(document)


def test_cryptography_is_a_librarys() -> None:
    known = {"hashlib", "hmac", "secrets", "cryptography", "argon2", "joserfc", "authlib", "pyotp"}
    strange = {"Crypto", "Cryptodome", "rsa", "ecdsa", "nacl", "jwt", "bcrypt", "passlib", "jose"}
    names = {(file, name) for file, name in imported()}
    assert [each for each in names if each[1].partition(".")[0] in strange] == []
    used = {name for _, name in names if name.startswith("cryptography.")}
    assert {name.rpartition(".")[2] for name in used} <= {"Fernet", "MultiFernet", "InvalidToken", "SHA256", "HKDF"}
    assert {name.partition(".")[0] for _, name in names} & known


def test_md5_is_never_for_security() -> None:
    for file, call in calls("hashlib.md5", "hashlib.sha1"):
        assert any(keyword.arg == "usedforsecurity" and ast.unparse(keyword.value) == "False" for keyword in call.keywords), file


def test_chance_is_a_lot_or_a_secret() -> None:
    lines = [
        (path, line)
        for path in SERVER.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\brandom\.\w+\(", line)
    ]
    assert [str(path) for path, line in lines if "noqa: S311 -- " not in line] == []


def test_certificates_of_others_are_checked() -> None:
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg in {"ssl", "verify", "verify_ssl", "validate_certs"}:
                assert ast.unparse(node.value) != "False", file
            assert not (isinstance(node, ast.Attribute) and node.attr == "CERT_NONE"), file


def test_no_answer_opens_itself_to_other_origins() -> None:
    """But those of the reconciliation service, which must (Reconciliation API 0.2, 3.2): no cookie counts there, nor may one come."""
    opened = [path for path in SERVER.rglob("*.py") if "Access-Control-Allow" in path.read_text()]
    assert opened == [SERVER / "enrichment" / "refine" / "routes.py"]
    (service,) = [path.read_text() for path in opened]
    assert "Allow-Credentials" not in service
    assert "cookie" not in service.lower()


def test_scripts_keep_nothing_in_the_browser() -> None:
    unwanted = re.compile(
        r"localStorage|sessionStorage|indexedDB|\beval\b|innerHTML|outerHTML|document\.cookie|document\.write|new Function|__proto__"
    )
    scripts = list((ROOT / "templates").rglob("*.js"))
    assert scripts
    assert [(path.name, unwanted.findall(path.read_text())) for path in scripts if unwanted.search(path.read_text())] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_answer_says_what_a_browser_may_do_with_it(client: TestClient, deposit: Deposit) -> None:
    number = await deposit()
    await login(client)
    public = [
        "/",
        f"/items/{number}",
        "/oai?verb=Identify",
        "/sword/v2/service-document",
        "/metrics",
        "/healthz",
        "/nowhere",
        "/static/sheaf.css",
    ]
    private = ["/admin", "/admin/imports", "/admin/identifiers"]
    for path in [*public, *private]:
        answer = await client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert all(f"{name} 'none'" in policy for name in ("default-src", "base-uri", "frame-ancestors")), path
        assert "unsafe" not in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin", "strict-origin-when-cross-origin"}, path
        if path in private:
            assert answer.headers["Cache-Control"] == "no-store", path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_message_with_two_lengths_is_refused(client: TestClient) -> None:
    for more in (
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: +3",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
        writer.write(f"POST /login HTTP/1.1\r\nHost: x\r\n{more}\r\n\r\n0\r\n\r\n".encode())
        async with asyncio.timeout(10):
            assert (await reader.readline()).split()[1] == b"400", more
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_folder_is_listed_and_nothing_is_traced(client: TestClient, deposit: Deposit) -> None:
    number = await deposit()
    await login(client)
    for path in (
        "/static",
        "/static/",
        "/items/",
        f"/items/{number}/files",
        f"/items/{number}/files/",
        "/files/",
        "/static/..%2f",
    ):
        assert (await client.get(path, allow_redirects=False)).status == 404, path
    for path in (
        "/",
        "/admin",
        "/account",
        "/login",
        "/oai",
        "/sword/v2/service-document",
        "/static/sheaf.css",
        "/metrics",
        "/nowhere",
    ):
        answer = await client.request("TRACE", path, headers={"X-Trace": "echoed"})
        assert answer.status in {404, 405}, path
        assert "echoed" not in await answer.text(), path
