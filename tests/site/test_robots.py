"""robots.txt: the same for every robot, and what it closes is there."""

from urllib.robotparser import RobotFileParser

from aiohttp.test_utils import TestClient

OPEN = (
    "/",
    "/items/01J00000000000000000000000",
    "/items/01J00000000000000000000000/files/a.pdf",
    "/oai?verb=Identify",
    "/oai/plain",
)
CLOSED = (
    "/search",
    "/search?q=x",
    "/oai/explore",
    "/oai/explore?verb=ListRecords",
    "/admin",
    "/admin/works",
    "/my",
    "/account",
    "/login",
    "/sword/v2/x",
)


async def test_robots_may_read_works_and_harvest_and_all_alike(client: TestClient) -> None:
    answer = await client.get("/robots.txt")
    text = await answer.text()
    assert answer.content_type == "text/plain"
    assert text.count("User-agent") == 1
    rules = RobotFileParser()
    rules.parse(text.splitlines())
    for agent in ("Googlebot", "CORE", "GPTBot", "Sickle"):
        assert [path for path in OPEN if not rules.can_fetch(agent, path)] == []
        assert [path for path in CLOSED if rules.can_fetch(agent, path)] == []


async def test_what_is_closed_or_open_is_there(client: TestClient) -> None:
    paths = {route.resource.canonical for route in client.server.app.router.routes() if route.resource is not None}
    for line in (await (await client.get("/robots.txt")).text()).splitlines()[1:]:
        beginning = line.partition(": ")[2].removeprefix("https://repository.example.org")
        assert any(path.startswith(beginning) for path in paths), line
