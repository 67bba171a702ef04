"""Robots are known by their names in whatever case; people's telephones are none."""

import json

import pytest

from server.errors import Invalid
from server.usage.model import Class
from server.usage.robots import NAMES, Robots, read, shipped

#: Browsers of people, some with names in which a robot's is found by chance.
PEOPLE = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 12; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; motorola edge 40) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 11; Titan Pocket) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
)

#: What is missed where the case counts.
ROBOTS = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": Class.COUNTER,
    "FooBot": Class.COUNTER,
    "SomeBOT/1": Class.COUNTER,
    "CURL/8.5": Class.COUNTER,
    "curl/8.5.0": Class.COUNTER,
    "Wget/1.21": Class.COUNTER,
    "python-requests/2.32": Class.COUNTER,
    "Python/3.11 aiohttp/3.9": Class.COUNTER,
    "Java/17.0": Class.COUNTER,
    "CORE/0.6": Class.COUNTER,
    "CubotCrawler": Class.COUNTER,
    "Mozilla/5.0 (compatible; imagesiftbot; imagesift.com)": Class.AI,
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)": Class.AI,
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)": Class.AI,
    "CLAUDE-USER/1.0": Class.AI,
    "": Class.NO_AGENT,
    "  ": Class.NO_AGENT,
}


@pytest.mark.parametrize("agent", PEOPLE)
def test_people(agent: str) -> None:
    assert Robots().drop(agent) is None


@pytest.mark.parametrize(("agent", "cls"), ROBOTS.items(), ids=[agent[:30] or "none" for agent in ROBOTS])
def test_robots(agent: str, cls: Class) -> None:
    found = Robots().drop(agent)
    assert found is not None
    assert found.cls is cls
    assert bool(found.rule) == (cls is not Class.NO_AGENT)


def test_every_list_of_the_release_has_its_date_its_source_and_its_licence() -> None:
    for name, it in shipped().items():
        assert name in NAMES
        assert len(it.dated) == 10
        assert all((it.title, it.source, it.licence))
        assert len(set(it.patterns)) == len(it.patterns)


def test_lists_are_read_in_the_form_their_makers_publish_them_in() -> None:
    counter = read(
        "counter", b'[{"pattern": "bot", "last_changed": "2017-08-08"}, {"pattern": "^.?$", "last_changed": "2024-04-22"}]'
    )
    assert (counter.dated, counter.patterns) == ("2024-04-22", ("bot", "^.?$"))
    ai = read("ai", b'{"GPTBot": {"operator": "OpenAI"}, "Kangaroo Bot": {}}')
    robots = Robots({"ai": ai, "counter": counter})
    assert [robots.drop(agent) is not None for agent in ("x gptbot/1", "NotGPTBots", "Kangaroo Bot", "Kangaroo")] == [
        True
    ] * 3 + [False]
    assert robots.drop("NotGPTBots").cls is Class.COUNTER
    own = read("people", json.dumps({"title": "Ours", "dated": "2026-01-01", "patterns": [r"\brobotina\b"]}).encode())
    assert Robots({"people": own}).drop("Mozilla/5.0 (Linux; Robotina 3) Firefox/140.0") is None


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b"{}", b"7", b'[{"pattern": 3}]', b'[{"pattern": "("}]', b'[{"pattern": "Mozilla"}]',
             b'[{"pattern": ""}]', b'["bot"]', b'{"title": "x", "patterns": "bot"}', b'{"x": "y"}', b'[{"pattern": "' + b"a" * 501 + b'"}]'],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(Invalid, match="The list cannot be used") as caught:
        read("counter", body)
    assert caught.value.remedy
