"""The story's claims: an accident whose clock runs, papers that lack, one that came back, and families who were paid.

Villages report from their phones, the desk takes each step as it would; names and sums are made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from programme.claim import case_of, papers_rule
from programme.rules import load
from server.actions import claim_cases, claims, clocks
from server.actions.claims import Look
from server.actions.returning import return_record
from server.actions.settle import settle
from server.demo.places import MEETING
from server.demo.programme import Told
from server.demo.stage import Phone, days_ago
from server.store.accounts import Account
from server.store.scoping import Scope

PROVINCE = Scope("64")
COMPANION = "Rina Melati"
"""Who helps villages with claims; her phone holds all of them."""
ELSEWHERE = ("64.07",)
"""Where something happens besides: so few regencies that each has enough for its numbers to be shown."""
LONG_ENOUGH = 100  # days: registered before whatever happens in the story
DEATH_STORY = "sakit di rumah beberapa hari (rekaan)"


class Tale(NamedTuple):
    """One claim. ago: days since the event; ends: how far it came; the rest as its fields say."""

    program: str
    event: str
    ago: int
    ends: str
    amount: int = 0
    children: int | None = None
    consent: bool = False
    told: bool = True
    time: str | None = None
    story: str = DEATH_STORY


TALES = (
    *(Tale("JKM", "death", ago, "closed", 42_000_000, consent=ago % 2 == 0) for ago in range(190, 60, -10)),
    *(Tale("JKK", "accident", ago, "closed", 2_750_000 + ago * 50_000, consent=ago % 3 == 0, story="terkena parang (rekaan)")
      for ago in range(187, 60, -14)),
    Tale("JKK", "death", 88, "closed", 70_000_000, children=2, consent=True, story="tersengat listrik di kebun (rekaan)"),
    *(Tale("scholarship", "schooling", ago, "closed", 12_000_000, children=2, story="anak bersekolah (rekaan)")
      for ago in (150, 148, 147, 146, 145)),
    Tale("JKM", "death", 85, "closed", 10_000_000), Tale("JKM", "death", 60, "paid", 42_000_000),
    Tale("JKM", "death", 55, "refused"), Tale("JKK", "accident", 30, "returned", story="perahu menabrak kayu (rekaan)"),
    Tale("JKM", "death", 25, "decided", 42_000_000), Tale("JKM", "death", 20, "withdrawn"),
    Tale("JKM", "death", 18, "papers"), Tale("JKM", "death", 16, "submitted"),
    Tale("JKK", "accident", 9, "papers", time="10:30", story="kaki tertimpa kayu (rekaan)"),
    Tale("JKK", "accident", 1, "reported", told=False, time="16:00", story="jatuh dari pohon kelapa (rekaan)"),
)  # fmt: skip
"""In any order; the phone writes them day by day."""
SENT_IN = frozenset({"submitted", "returned", "decided", "paid", "closed", "refused"})


def tell(told: Told) -> None:
    """Report each of them from a companion's phone, and take it as far as its tale goes."""
    chosen = sorted(zip(TALES, _whom(told), strict=False), key=lambda each: -each[0].ago)
    phone = Phone(told.app, told.settings, COMPANION, sorted({village for _, (village, _) in chosen}))
    phone.syncs()
    reported: list[tuple[str, Tale]] = []
    for tale, (village, worker) in chosen:
        day = days_ago(told.today, max(tale.ago - 1, 0))
        reported.append((phone.writes(day, "claim", None, village, _fields(tale, worker, told.today)), tale))
        if tale.event == "death":
            phone.writes(day, "worker", worker, village, {"status": "deceased"})
    phone.syncs()
    phone.puts_away()
    claim_cases.follow(told.settings, told.now)
    operator = told.accounts["operator"]
    for record, tale in reported:
        _at_the_desk(told, record, tale, operator)
    lacking = next((record for record, tale in reported if tale.ends == "papers"), None)
    if lacking:
        return_record(PROVINCE, lacking, "Tolong mintakan surat dokter dan KTP dua saksi.", operator, told.now)
    claim_cases.follow(told.settings, told.now)
    clocks.run(told.settings, told.now)


def _whom(told: Told) -> Iterator[tuple[str, str]]:
    """Workers of whom nothing else is told: registered long enough, and active; two of the meeting's regency in three."""
    early = days_ago(told.today, LONG_ENOUGH).isoformat()
    near: list[list[tuple[str, str]]] = []
    far: list[list[tuple[str, str]]] = []
    for village, chapter in told.phones.items():
        if not village.startswith((MEETING.code[:5], *ELSEWHERE)):
            continue
        fields = {record: chapter.phone.reads(record) for record in chapter.records[10:]}
        (near if village.startswith(MEETING.code[:5]) else far).append([
            (village, record) for record, said in fields.items() if (said.get("registered_at") or "9") < early
        ])  # fmt: skip
    close, away = _in_turn(near), _in_turn(far)
    while True:
        some = [next(close, None), next(close, None), next(away, None)]
        if not any(some):
            return
        yield from (each for each in some if each)


def _in_turn(waiting: list[list[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    while any(waiting):
        for some in waiting:
            if some:
                yield some.pop(0)


def _fields(tale: Tale, worker: str, today: date) -> dict[str, Any]:
    """What the village wrote: of those that went to the branch also the papers, and when."""
    fields: dict[str, Any] = {
        "worker": worker, "program": tale.program, "event": tale.event,
        "event_date": days_ago(today, tale.ago).isoformat(), "event_place": "di desa", "chronology": tale.story,
        "status": "reported", "documents": ["ktp", "kk"], "event_time": tale.time,
    }  # fmt: skip
    if tale.event == "accident" and tale.told:
        fields["branch_told_on"] = days_ago(today, tale.ago - 1).isoformat()
    if tale.ends in SENT_IN:
        case = case_of(fields)
        assert case is not None
        fields |= {
            "documents": list(papers_rule(case, load()).value["needed"]), "status": "submitted",
            "submitted_on": days_ago(today, tale.ago - 6).isoformat(),
        }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def _at_the_desk(told: Told, record: str, tale: Tale, operator: Account) -> None:
    """The desk's steps, each some days after the one before, and none of them in the future."""
    if tale.ends == "papers":
        _do(told, record, lambda at: claims.hold_papers(
            at, at.seen, ["ktp", "kk", "member_card"], operator, told.now
        ))  # fmt: skip
    elif tale.ends == "returned":
        _do(told, record, lambda at: claims.send_back(
            at, at.seen, _on(told, tale.ago - 10), ["doctor_note"], "Surat dokter belum ditandatangani.", operator, told.now
        ))  # fmt: skip
    elif tale.ends == "withdrawn":
        _decided(told, record, {"outcome": "withdrawn", "refusal": "keluarga memilih menunggu"}, operator, tale.ago - 4)
    elif tale.ends == "refused":
        said = {"outcome": "refused", "refused_for": "not_active", "refusal": "Iuran tidak dibayar lebih dari tiga bulan."}
        _decided(told, record, said, operator, tale.ago - 12)
    elif tale.amount:
        _granted(told, record, tale, operator)


def _granted(told: Told, record: str, tale: Tale, operator: Account) -> None:
    """As the desk writes down a case that is over: all that came of it at once."""
    said: dict[str, Any] = {
        "outcome": "granted", "amount": tale.amount, "children": tale.children, "decided_on": _on(told, tale.ago - 12),
        "status": tale.ends,
    }  # fmt: skip
    if tale.ends in ("paid", "closed"):
        said["paid_on"] = _on(told, tale.ago - 15)
    if tale.ends == "closed":
        said["handover"] = {
            "date": _on(told, 40 if tale.consent else tale.ago - 18), "place": "Balai desa", "by": "Camat",
            "recipient": f"Keluarga {_seen(told, record).name}", "publicity_consent": tale.consent,
        }  # fmt: skip
    settle(record, None, {name: value for name, value in said.items() if value is not None}, operator, told.now, claims.ACT)


def _decided(told: Told, record: str, said: Mapping[str, Any], operator: Account, ago: int) -> None:
    _do(told, record, lambda at: claims.decide(at, at.seen, dict(said) | {"decided_on": _on(told, ago)}, operator, told.now))


def _do(told: Told, record: str, step: Callable[[Look], None]) -> None:
    step(_seen(told, record))


def _seen(told: Told, record: str) -> Look:
    seen = claims.look(PROVINCE, record, told.now)
    assert seen is not None
    return seen


def _on(told: Told, ago: int) -> str:
    return days_ago(told.today, max(ago, 0)).isoformat()
