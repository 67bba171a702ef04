"""Those who ask a server at once, each kind as a process of its own: harvesters that measure their parts, and a hostile swarm.

`python -m tests.hard.crowd harvest sickle|scythe URL` prints `{"seconds": [a part each], "identifiers": […]}`;
`python -m tests.hard.crowd swarm URL CLIENTS` begins when it has said so and ends when its input does, printing what it was answered.
"""

import asyncio
import json
import random
import sys
import time
import warnings
from collections import Counter

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector


def harvest(client: str, url: str) -> dict[str, list]:
    """Walk the list of all, and measure how long each part took to come."""
    seconds: list[float] = []

    def timed(get):
        def measured(*args, **kwargs):
            begun = time.perf_counter()
            try:
                return get(*args, **kwargs)
            finally:
                seconds.append(time.perf_counter() - begun)

        return measured

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if client == "sickle":
            from sickle import Sickle

            sickle = Sickle(f"{url}/oai")
            sickle.harvest = timed(sickle.harvest)
            found = [record.header.identifier for record in sickle.ListRecords(metadataPrefix="oai_dc")]
        else:
            from oaipmh_scythe import Scythe

            with Scythe(f"{url}/oai") as scythe:
                scythe.harvest = timed(scythe.harvest)
                found = [record.header.identifier for record in scythe.list_records(metadata_prefix="oai_dc")]
    return {"seconds": seconds, "identifiers": found}


async def swarm(url: str, clients: int) -> dict[str, int]:
    """Search, look at works and begin lists that are never read on, each time from another address; until the input ends."""
    answered: Counter[str] = Counter()
    async with ClientSession(timeout=ClientTimeout(total=30), connector=TCPConnector(limit=0)) as session:
        async with session.get(f"{url}/oai", params={"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}) as answer:
            text = await answer.text()
        works = [part.partition("<")[0].rpartition(":")[2] for part in text.split("<identifier>")[1:]]

        async def attack(kind: str) -> None:
            chance = random.Random(kind)
            while True:
                path = {
                    "search": f"/search?q={chance.random()}",
                    "page": f"/items/{chance.choice(works)}",
                    "list": "/oai?verb=ListRecords&metadataPrefix=oai_dc",
                }[kind.partition(" ")[0]]
                from_ = ".".join(str(chance.randrange(1, 255)) for _ in range(4))
                headers = {"User-Agent": f"Mozilla/{chance.random()}", "X-Forwarded-For": from_}
                try:
                    async with session.get(url + path, headers=headers) as answer:
                        await answer.read()
                        retry = answer.headers.get("Retry-After", "")
                        answered[f"{kind.partition(' ')[0]} {answer.status}"] += 1
                        if answer.status in {429, 503} and not retry.isdigit():
                            answered["no whole number to come again"] += 1
                except (ClientError, TimeoutError) as error:
                    answered[f"{kind.partition(' ')[0]} {type(error).__name__}"] += 1

        tasks = [asyncio.create_task(attack(f"{('search', 'page', 'list')[number % 3]} {number}")) for number in range(clients)]
        print("begun", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return dict(answered)


def main() -> None:
    what, *rest = sys.argv[1:]
    found = harvest(*rest) if what == "harvest" else asyncio.run(swarm(rest[0], int(rest[1])))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
