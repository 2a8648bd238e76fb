"""What waits for a person, and what he decides: conflicts, settling, joining two records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import Response

from schemas import problem
from schemas.change import dumps, loads
from schemas.problem import Problem
from schemas.region import NATION
from server import audit
from server.actions import settle as desk
from server.actions.desk_pages import BadCursor, conflicts, record_told
from server.api import door, messages
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal
from server.store.scoping import for_itself

PAGED: tuple[Problem, ...] = (problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID)
DECIDING: tuple[Problem, ...] = (problem.OUTSIDE_REGION, problem.NOT_FOUND, problem.INVALID)


@contextmanager
def desk_refusals(region: str) -> Iterator[None]:
    """What a desk's action raises becomes a refusal; NotSeen with the record as it now is. region: of who asks."""
    try:
        yield
    except desk.NoSuchRecord:
        raise Refusal(problem.NOT_FOUND) from None
    except desk.OutsideRegion:
        raise Refusal(problem.OUTSIDE_REGION) from None
    except desk.BadFields as bad:
        raise door.invalid(bad.errors) from None
    except desk.NotSeen as unseen:
        told = record_told(region, unseen.record, door.lang())
        raise Refusal(problem.NOT_SEEN, record=loads(told) if told else None) from None
    except desk.OwnEntry:
        raise Refusal(problem.OWN_ENTRY) from None
    except BadCursor:
        raise door.invalid({"cursor": ["bad-cursor"]}) from None


def looked(what: str, region: str, records: Iterable[str]) -> None:
    """A list of people is about to be told: the audit log says to whom. An empty one tells of nobody."""
    if people := [record for record in records if record]:
        audit.look("list", region=region, records=people, list=what)


@call(
    "GET", "/conflicts",
    ("Catatan yang menunggu keputusan, yang paling lama menunggu lebih dulu.",
     "Records that wait for a person, longest waiting first."),
    who="person", act="see conflicts", query=messages.Page(), answers=messages.Conflicts(), problems=PAGED,
)  # fmt: skip
def conflicts_within() -> Response:
    asked = door.query(messages.Page())
    _, scope = door.scope("see conflicts", asked["within"])
    with desk_refusals(scope):
        page = conflicts(scope, asked["cursor"], asked["limit"], door.settings().answer_bytes, door.lang())
    looked("conflicts", scope, [loads(text)["record"] for text in page.entries])
    return door.answer(f'{{"records":[{",".join(page.entries)}],"next":{dumps(page.next)}}}')


@call(
    "POST", "/settle",
    ("Putuskan isi sebuah catatan; jawabannya catatan itu sekarang.", "Settle a record; answers it as it now is."),
    who="person", act="settle", body=messages.Settle(), answers=messages.Record(),
    problems=(problem.NOT_SEEN, *DECIDING),
)  # fmt: skip
def settle() -> Response:
    account, asked = door.person("settle"), door.load(messages.Settle())
    with desk_refusals(account.region):
        record = desk.settle(asked["record"], asked["seen"], asked["fields_"], account, now_ms())
    return door.answer(_told(record))


@call(
    "POST", "/link",
    ("Gabungkan dua catatan orang yang sama, atau pisahkan lagi.", "Join two records of one person, or part them."),
    who="person", act="settle", body=messages.Link(), answers=messages.Linked(), problems=DECIDING,
)  # fmt: skip
def link() -> Response:
    account, asked = door.person("settle"), door.load(messages.Link())
    with desk_refusals(account.region):
        made = desk.link(asked["a"], asked["b"], asked["same"], asked["reason"], account, now_ms())
    records = dict.fromkeys(_told(record) for record in (asked["a"], asked["b"]))
    return door.answer(f'{{"link":{dumps(made)},"records":[{",".join(records)}]}}')


def _told(record: str) -> str:
    """A record as it now is, as JSON. Raises Refusal (404) where the law has just erased it."""
    with for_itself():  # he has just written it himself, and may have moved it out of his region
        told = record_told(NATION, record, door.lang())
    if told is None:
        raise Refusal(problem.NOT_FOUND)
    return told
