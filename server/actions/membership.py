"""What the records say of a worker, as the programme asks it, and what each village may count of it.

A worker who moved is seen by every village that he lived in, each for the days that he was there: what he was in the
first stays counted in the first. Where he lived is drawn from the changes that set his village, in the order of their
effective times: those that the standing one had seen. Whoever was gone again before a month ended leaves no trace.

A field that waits for a person counts as it stands; a conflict excludes nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from programme import months
from programme.coverage import (
    AGE,
    ENDED,
    PROPOSED,
    SEGMENT,
    Contribution,
    Cover,
    Months,
    Worker,
    assess,
    months_of,
    tasks,
)
from programme.rules import Rules
from schemas.change import Change
from server.clock import day_at

FIGURES_FROM = months.number("2020-01")
"""No figures are drawn of earlier months: a date of registration may be any that an officer mistyped."""

_VERIFIED, _MOVED_AWAY = "verified", "moved_away"
_ENDS = frozenset({"withdrawn", "deceased", _MOVED_AWAY})
_NOT_HERE, _GONE_ONLY = "-", "-e"

Dot = Sequence[Any]  # [device, seq]


class Person(NamedTuple):
    """A worker's record, of joined ones what they are together. Times in milliseconds."""

    id: str
    home: str
    fields: Mapping[str, Any]
    heads: Mapping[str, Any]
    complete: bool
    created_at: int
    status_at: int | None

    @property
    def has_a_story(self) -> bool:
        """Whether his changes must be read: he moved, or his status no longer says that he was verified."""
        return "village" in self.heads or self.fields.get("status") in _ENDS

    def dots(self, field: str) -> list[Dot]:
        """The heads of a field."""
        head = self.heads.get(field) or self.heads["*"]
        return head if isinstance(head[0], list) else [head]


class Stay(NamedTuple):
    """When he lived in a village; None is from his registration on, or to this day."""

    village: str
    came_at: int | None
    left_at: int | None


class Share(NamedTuple):
    """What one village counts of a worker: see `programme.coverage.Months`, which begin with `first_month`.

    tasks: see `programme.coverage.tasks`; his home alone has them to do.
    """

    state: str
    first_month: int
    letters: str
    why_not: str | None
    programs: str
    segment: str | None
    tasks: str | None


def stays(person: Person, history: Collection[Change]) -> list[Stay]:
    """Where he lived, one village after the other; the last is his home.

    history: his merged changes; needed of those who have a story.
    """
    if not person.has_a_story:
        return [Stay(person.home, None, None)]
    by_dot = {(change.device, change.seq): change for change in history}
    heads = [by_dot[dot] for dot in map(tuple, person.dots("village")) if dot in by_dot]
    stands = min((head for head in heads if _village_of(head) == person.home), default=None, key=_when)
    creator = by_dot.get(tuple(person.heads["*"]))
    if stands is None or creator is None or stands is creator:
        return [Stay(person.home, None, None)]
    before = [c for c in history if _village_of(c) and c is not creator and c is not stands and stands.has_seen(c)]
    places = [(_village_of(creator) or creator.village, None)]
    for change in [*sorted((c for c in before if _when(c) < _when(stands)), key=_when), stands]:
        if _village_of(change) != places[-1][0]:
            places.append((_village_of(change), change.effective))
    left = [came for _, came in places[1:]]
    return [Stay(village, came, end) for (village, came), end in zip(places, [*left, None], strict=True)]


def _village_of(change: Change) -> Any:
    return change.fields.get("village") if change.fields else None


def _when(change: Change) -> tuple[int, str, int]:
    return change.effective, change.device, change.seq


def ended_at(stay: Stay, person: Person, history: Collection[Change]) -> int | None:
    """When his status ended him there; moved away ends only the stay in whose village and time it was said."""
    status = person.fields.get("status")
    if status not in _ENDS or person.status_at is None:
        return None
    if status == _MOVED_AWAY:
        dots = {tuple(dot) for dot in person.dots("status")}
        said_in = {c.village for c in history if c.dot in dots and c.effective == person.status_at}
        if said_in and stay.village not in said_in or (stay.came_at or 0) > person.status_at:
            return None
    return person.status_at


def verified_at(person: Person, history: Collection[Change]) -> int | None:
    """Since when he is verified; of one who ended, when he was before that."""
    status = person.fields.get("status")
    if status == _VERIFIED:
        return person.status_at
    if status not in _ENDS:
        return None
    said = (c.effective for c in history if c.fields and c.fields.get("status") == _VERIFIED)
    return max((at for at in said if at <= (person.status_at or 0)), default=None)


def worker_of(person: Person, history: Collection[Change]) -> Worker:
    """The worker as his home sees him, when he never moved and nothing has ended."""
    fields = person.fields
    verified = verified_at(person, history)
    return Worker(
        record=person.id,
        village=person.home,
        registered_on=_day(fields.get("registered_at")) or day_at(person.created_at, person.home),
        birth_date=_day(fields.get("birth_date")),
        segment=fields.get("segment"),
        programs=frozenset(fields.get("programs") or ()),
        funding=fields.get("funding"),
        complete=person.complete,
        verified_on=None if verified is None else day_at(verified, person.home),
        ended_on=None,
        ended_why=None,
    )


def in_stay(worker: Worker, stay: Stay, person: Person, history: Collection[Change]) -> Worker:
    """The worker as the village of a stay sees him; days are that village's own."""
    ends = [at for at in (stay.left_at, ended_at(stay, person, history)) if at is not None]
    if stay.came_at is None and not ends:
        return worker
    why = person.fields.get("status") if ends and min(ends) != stay.left_at else _MOVED_AWAY
    return replace(
        worker,
        village=stay.village,
        here_since=None if stay.came_at is None else day_at(stay.came_at, stay.village),
        ended_on=day_at(min(ends), stay.village) if ends else None,
        ended_why=why if ends else None,
    )


def contribution_of(record: str, worker: str, fields: Mapping[str, Any]) -> Contribution:
    """A complete contribution's record, as the programme asks it."""
    return Contribution(
        record, worker, tuple(fields["months"]), frozenset(fields["programs"]), fields.get("funding"),
        fields["amount"], fields.get("confirmed") is True, _day(fields.get("paid_on")),
    )  # fmt: skip


def share_of(
    village: str, person: Person, lived: Sequence[Stay], history: Collection[Change],
    paid: Collection[Contribution], rules: Rules, day: date,
) -> tuple[Share | None, Cover | None]:  # fmt: skip
    """What a village counts of a worker on its `day`, and, in his home, his cover there; None where he never lived."""
    worker = worker_of(person, history)
    seen = [in_stay(worker, stay, person, history) for stay in lived if stay.village == village]
    if not seen:
        return None, None
    starts = (max(one.registered_on, one.here_since or date.min) for one in seen)
    first = min(max(FIGURES_FROM, min(map(months.of_day, starts))), months.of_day(day))
    told = None
    for one in seen:
        told = _laid_over(told, months_of(one, paid, rules, months.text(first), day))
    assert told is not None
    is_home = village == person.home
    if not is_home and not told.letters.strip(_GONE_ONLY):
        return None, None
    cover = assess(seen[-1], paid, rules, day)
    todo = _tasks(person, cover, paid, rules, day) if is_home else None
    share = Share(cover.state, first, told.letters, cover.why_not, told.programs, told.segment, todo)
    return share, cover if is_home else None


def _laid_over(earlier: Months | None, later: Months) -> Months:
    """Who came back is what he is now, and before that what he was when he left."""
    if earlier is None:
        return later
    was_here = [letter == _NOT_HERE for letter in later.letters]

    def laid(old: str, new: str) -> str:
        return "".join(a if earlier_told else b for a, b, earlier_told in zip(old, new, was_here, strict=True))

    return Months(laid(earlier.letters, later.letters), laid(earlier.programs, later.programs), later.segment)


def _tasks(
    person: Person, cover: Cover, paid: Collection[Contribution], rules: Rules, day: date
) -> str | None:  # fmt: skip
    fields = person.fields
    has_number, has_card = bool(fields.get("kpj")), bool(fields.get("card_given_on"))
    return tasks(cover, paid, rules, day, has_number=has_number, has_card=has_card)


def told(cover: Cover) -> dict[str, Any] | None:
    """What a phone is told; None when it is what any phone takes for granted: proposed, and nothing else."""
    since = None if cover.since is None or cover.state == PROPOSED else cover.since.isoformat()
    apart = {program: state for program, state in cover.programs.items() if state != cover.state}
    said = {
        "state": cover.state,
        "since": since,
        "covered": list(cover.covered),
        "unconfirmed": list(cover.unconfirmed),
        "arrears": 0 if cover.state == ENDED else cover.arrears,
        "programs": apart if cover.covered or cover.paid_by else None,
        "payers": list(cover.payers),
        "not_counted": cover.why_not if cover.why_not in (SEGMENT, AGE) else None,
    }
    kept = {name: value for name, value in said.items() if value}
    return None if kept == {"state": PROPOSED} else kept


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
