"""Many people at work at once: each signs in, and goes from page to page as one does in an office.

A process of its own, so that what it costs to ask is not done by the server: `python users.py PLAN` prints what it saw.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from plain_http import Answer, Browser

V1 = "/api/v1"
#: How often each thing is done, of 100.
SHARES = {"today": 12, "map": 30, "accounts": 8, "standing": 8, "balance": 12, "check": 20, "write": 10}
#: Tiles that a window shows, side by side and above one another.
WINDOW = (4, 3)


@dataclass
class Seen:
    """What came back."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    errors: list[str] = field(default_factory=list)

    def note(self, kind: str, begin: float, status: int | str, said: str) -> None:
        """One request is over."""
        self.seconds[kind].append(time.perf_counter() - begin)
        self.statuses[kind][str(status)] += 1
        if isinstance(status, str) or status >= 400:
            self.errors.append(f"{kind}: {status} {said[:300]}")


@dataclass
class Person:
    """Somebody at a browser."""

    number: int
    plan: dict[str, Any]
    seen: Seen
    client: Browser
    peers: dict[str, Browser]
    chance: random.Random
    tags: dict[str, str] = field(default_factory=dict)
    written: int = 0

    async def ask(
        self, kind: str, path: str, method: str = "GET", record: Any = None, headers: dict[str, str] | None = None
    ) -> Answer | None:
        """One request of a page, with the tag of what the browser has already."""
        more, body = dict(headers or {}), b""
        if record is not None:
            body = json.dumps(record).encode()
            more["Content-Type"] = "application/json"
        if method == "GET" and path in self.tags:
            more["If-None-Match"] = self.tags[path]
        answer = await self.timed(kind, self.client, method, f"{V1}{path}", body, more)
        if answer is not None and method == "GET" and "etag" in answer.headers:
            self.tags[path] = answer.headers["etag"]
            if len(self.tags) > 500:
                del self.tags[next(iter(self.tags))]
        return answer

    async def timed(
        self, kind: str, browser: Browser, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> Answer | None:
        """One request, noted."""
        begin = time.perf_counter()
        try:
            answer = await browser.ask(method, path, body, headers)
        except OSError as error:
            self.seen.note(kind, begin, type(error).__name__, str(error))
            return None
        said = answer.body.decode("utf-8", "replace") if answer.status >= 400 else ""
        self.seen.note(kind, begin, answer.status, said)
        return answer

    async def work(self, until: float) -> None:
        """Go from page to page."""
        told = await self.ask("session", "/session", "POST", {"key": self.plan["key"]})
        if told is None or told.status >= 400:
            return
        self.client.headers["Cookie"] = told.headers["set-cookie"].split(";", 1)[0]
        self.client.headers["X-CSRF-Token"] = json.loads(told.body)["csrf"]
        pages: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
            name: getattr(self, f"at_{name}") for name in SHARES
        }
        await asyncio.sleep(self.chance.random() * self.plan["think_s"])
        while time.monotonic() < until:
            (page,) = self.chance.choices(list(SHARES), list(SHARES.values()))
            await pages[page]()
            await asyncio.sleep(self.chance.expovariate(1.0 / self.plan["think_s"]))

    async def at_today(self) -> None:
        """What needs doing."""
        await self.ask("today", "/today")

    async def at_map(self) -> None:
        """Open the map somewhere, move it, click on a parcel. Now and then, whoever has tiles too is asked for them."""
        await self.ask("map", "/map")
        place = self.chance.choice(self.plan["parcels"])
        zoom = self.chance.choice(self.plan["zooms"])
        x, y = place["tiles"][str(zoom)]
        drawing = [name for name in self.peers if self.plan["peers"][name].get("tiles")]
        beside = self.chance.random() < self.plan["peer_tiles"]
        for step in range(2):
            some = [(x + right + step, y + down) for right in range(WINDOW[0]) for down in range(WINDOW[1])]
            layer = f"survey-{self.plan['year']}"
            await asyncio.gather(*(self.ask("tile", f"/tiles/{layer}/{zoom}/{a}/{b}.mvt") for a, b in some))
            for name in drawing if beside else ():
                base, kind = self.plan["peers"][name]["tiles"], f"tile-{name}"
                asked = (self.timed(kind, self.peers[name], "GET", f"{base}/{zoom}/{a}/{b}", b"", {}) for a, b in some)
                await asyncio.gather(*asked)
        await self.ask("parcel", f"/parcels/{self.plan['year']}/{place['id']}")

    async def at_accounts(self) -> None:
        """The land tables."""
        await self.ask("accounts", f"/accounts?year={self.plan['year']}&level=township")

    async def at_standing(self) -> None:
        """Against the tasks."""
        await self.ask("standing", f"/standing?year={self.plan['year']}")

    async def at_balance(self) -> None:
        """The land book."""
        await self.ask("balance", "/ledger/balance")
        await self.ask("entries", "/ledger/entries?limit=50")

    async def at_check(self) -> None:
        """Draw a footprint: what lies under it, then the verdict. Whoever is compared with is asked too, by turns."""
        drawn = self.chance.choice(self.plan["footprints"])
        asked: list[Callable[[], Coroutine[Any, Any, Any]]] = [
            lambda: self.ask("areas", f"/checks/areas?year={self.plan['year']}", "POST", drawn["ours"]),
            *((lambda name=name: self.ask_peer(name, drawn["theirs"])) for name in self.peers),
        ]
        self.chance.shuffle(asked)
        for one in asked:
            await one()
        if self.chance.random() < self.plan["verdicts"]:
            await self.ask("verdict", f"/checks?year={self.plan['year']}", "POST", drawn["ours"])

    async def ask_peer(self, name: str, drawn: str) -> None:
        """The same footprint."""
        about = self.plan["peers"][name]
        if "items" in about:
            await self.timed(name, self.peers[name], "GET", about["items"] + quote(drawn, safe=""), b"", {})
        else:
            await self.timed(name, self.peers[name], "POST", "/", drawn.encode(), {})

    async def at_write(self) -> None:
        """Post an entry; one in five is sent twice, as after a broken line, and has to be booked once."""
        self.written += 1
        id = f"load-{self.plan['run']}-{self.number}-{self.written}"
        region = self.plan["region"]
        lines = [
            {"region": region, "account": "LAND:0201", "area_m2": "-1.00"},
            {"region": region, "account": "LAND:0103", "stable": 1, "grade": 5, "area_m2": "1.00"},
        ]
        entry = {"id": id, "kind": "RESTORE", "posting_date": self.plan["day"], "evidence": "load", "lines": lines}
        again = self.chance.random() < 0.2
        for _ in range(1 + again):
            await self.ask("write", "/ledger/entries", "POST", {"entries": [entry]}, headers={"Idempotency-Key": id})


async def at_work(plan: dict[str, Any]) -> Seen:
    """Everybody, until it is time to go."""
    seen, until = Seen(), time.monotonic() + plan["seconds"]
    people = [
        Person(
            number, plan, seen, Browser(plan["url"]),
            {name: Browser(about["url"]) for name, about in plan["peers"].items()},
            random.Random(plan["seed"] * 1_000 + number),
        )
        for number in range(plan["users"])
    ]  # fmt: skip
    await asyncio.gather(*(person.work(until) for person in people))
    for person in people:
        for browser in (person.client, *person.peers.values()):
            browser.close()
    return seen


def main() -> None:
    """See above."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    seen = asyncio.run(at_work(plan))
    record = {"seconds": seen.seconds, "statuses": seen.statuses, "errors": seen.errors[:20], "wrong": len(seen.errors)}
    Path(sys.argv[2]).write_text(json.dumps(record), encoding="utf-8")


if __name__ == "__main__":
    main()
