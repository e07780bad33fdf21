"""The bytes that an entry is, and the hashes that chain entries: any other byte gives another hash."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

from tilth.ledger.model import Account, Entry, Line, Phase, Quantities

_quoted = json.encoder.encode_basestring


def body_of(entry: Entry) -> str:
    """`entry` as text (JSON): the same for the same entry, in whatever order its lines and links were given."""
    lines = ",".join(
        [f"{account_text(one)},{area},{paddy},{kg},{grade}]" for one, (area, paddy, kg, grade) in sorted(entry.lines)]
    )
    links = ",".join(map(_quoted, sorted(entry.links))) if entry.links else ""
    expires = f'"{_day(entry.expires)}"' if entry.expires else "null"
    due = (
        f'"due":"{_day(entry.due)}",' if entry.due else ""
    )  # left out where there is none: older entries have no such word
    return (
        f'{{"id":{_quoted(entry.id)},"phase":"{entry.phase}","kind":{_quoted(entry.kind)},'
        f'"act_date":"{_day(entry.act_date)}","posting_date":"{_day(entry.posting_date)}","evidence":{_quoted(entry.evidence)},'
        f'"author":{_quoted(entry.author)},"geometry":{_quoted(entry.geometry)},'
        f'"rule_pack":{_quoted(entry.rule_pack)},"rule_version":{_quoted(entry.rule_version)},"links":[{links}],'
        f'"reverses":{_quoted(entry.reverses)},"settles":{_quoted(entry.settles)},"expires":{expires},'
        f'"by_state":{"true" if entry.by_state else "false"},{due}"lines":[{lines}]}}'
    )


_day = lru_cache(maxsize=50_000)(date.isoformat)


@lru_cache(maxsize=200_000)
def account_text(account: Account) -> str:
    """An account as a body has it, open for the quantities."""
    region, name, *marks = account
    return f"[{_quoted(region)},{_quoted(name)},{','.join(map(str, marks))}"


def entry_of(body: str) -> Entry:
    """The entry that `body_of` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If nobody wrote such a body.
    """
    told: dict[str, Any] = json.loads(body)
    expires, lines, links = told.pop("expires"), told.pop("lines"), told.pop("links")
    due = told.pop("due", None)
    return Entry(
        phase=Phase(told.pop("phase")),
        act_date=date.fromisoformat(told.pop("act_date")),
        posting_date=date.fromisoformat(told.pop("posting_date")),
        expires=date.fromisoformat(expires) if expires else None,
        lines=tuple(Line(Account(*line[:6]), Quantities(*line[6:])) for line in lines),
        links=tuple(links),
        due=date.fromisoformat(due) if due else None,
        **told,
    )


def digest_of(body: str, recorded_at: str) -> bytes:
    """The hash of an entry as it was recorded."""
    return sha256(f"{recorded_at}\n{body}".encode()).digest()


def first_link(account: Account) -> bytes:
    """Where the chain of an account begins."""
    return sha256(account_text(account).encode()).digest()


def next_link(link: bytes, digest: bytes, number: int) -> bytes:
    """The chain of an account, one entry on."""
    return sha256(link + digest + number.to_bytes(8, "big")).digest()


def closing_link(link: bytes, body: str, sealed: Iterable[tuple[Any, ...]]) -> bytes:
    """The chain of closings, one on: what the closing says, and each account as it was then."""
    running = sha256(link + body.encode())
    for row in sealed:
        running.update("|".join(one.hex() if isinstance(one, bytes) else str(one) for one in row).encode() + b"\n")
    return running.digest()
