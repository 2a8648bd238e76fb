"""What programs may read and write of the records that desks enter about regions.

A program begins a record and changes it while it is being drawn up. What two people must agree on, what the server
freezes or seals, and what follows from it, is done at the desk, where whoever agrees has seen what he agrees to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from schemas.fields import PERSONAL, SENSITIVE
from schemas.kinds import REGIONAL
from schemas.region import within
from server import audit, auth
from server.actions import awards, entries, settle
from server.actions.entries import Entry
from server.actions.evaluation import CLOSED, CYCLE, FINDING, FOLLOW_UP_FIELDS
from server.actions.settle import BadFields
from server.db import Connection, reading
from server.store import entries as store
from server.store import exports
from server.store.accounts import Account
from server.store.scoping import Scope, for_itself

EXTRA = "extra."
ORDERED = (("first_month", "last_month"), ("starts_on", "ends_on"), ("signed_on", "revoked_on"), ("age_from", "age_below"))
"""Two fields of which the second is not the earlier one."""


class Way(NamedTuple):
    """How programs may write a kind. act: the row of `auth.MAY`; noted: of `audit.ACTS`; see: of `auth.MAY`, to read it.

    states: those that a program may set, and in which it may change a record; None: any. kept: fields that the desk
    alone sets. under: the field that names a record which must be open in this sense too. is_written: whether a program
    may at all.
    """

    act: str
    noted: str
    see: str = "see figures"
    states: frozenset[str] | None = None
    kept: frozenset[str] = frozenset()
    under: str | None = None
    is_written: bool = True


_DRAFT = frozenset({"draft"})
WAYS: dict[str, Way] = {
    "target": Way("set targets", "target"),
    "profile": Way("plan", "profile"),
    "scenario": Way("plan", "plan", states=_DRAFT),
    "budget": Way("plan", "plan", under="scenario"),
    "ranking": Way("plan", "plan", states=_DRAFT, kept=frozenset({"valid_from"})),
    "decree": Way("plan", "decree", states=_DRAFT, kept=frozenset({"signed_on", "revoked_on"})),
    "beneficiary": Way("plan", "decree", "see people", is_written=False),
    "cycle": Way(
        "evaluate", "evaluate", states=frozenset({"planned", "running"}), kept=frozenset({"frozen_on", "closed_on"})
    ),
    "finding": Way("evaluate", "evaluate"),
    "meeting": Way("evaluate", "evaluate"),
    "feedback": Way("evaluate", "evaluate"),
    "solution": Way("evaluate", "evaluate", kept=frozenset({"published"})),
    "award": Way("run awards", "award", states=_DRAFT, kept=frozenset(
        REGIONAL["award"].schema.fields.keys()
        - {"title", "first_month", "last_month", "state", "criteria", "winners_a_band", "prize", "notes"}
    )),
    "panel": Way("judge", "judge", "run awards", is_written=False),
    "duty": Way("keep duties", "duty"),
    "agreement": Way("keep duties", "duty"),
}  # fmt: skip
"""Every kind of `REGIONAL`."""


CHECKS: dict[str, Callable[[str, Mapping[str, Any]], None]] = {}
"""Kind -> what its desk asks of a record besides: its id, and what it says once this is written. Raises what it refuses."""


class AtDesk(settle.DeskError):
    """This is set at the desk alone. fields: which; empty: nothing of it can be written by a program."""

    def __init__(self, fields: Iterable[str] = ()) -> None:
        self.fields = sorted(fields)
        super().__init__(", ".join(self.fields))


class Closed(settle.DeskError):
    """The record, or the one it belongs to, stands in a state in which the desk alone changes it."""

    def __init__(self, record: str, state: str) -> None:
        super().__init__(record)
        self.record, self.state = record, state


class Page(NamedTuple):
    """next: the cursor to go on with, None at the end."""

    entries: list[Entry]
    next: str | None


# Reading --------------------------------------------------------------------------------------------------------------


def page(scope: Scope, kind: str, after: str, limit: int) -> Page:
    """Records of a kind in a region, in the order of their ids; whoever's data is restricted is left out, as in exports."""
    found = entries.all_of(scope, kind, after=after, most=limit + 1)
    told = found[:limit]
    return Page(_unrestricted(scope, kind, told), told[-1].record if len(found) > limit else None)


def find(scope: Scope, record: str) -> Entry | None:
    kind = record.partition(":")[0]
    found = entries.find(scope, kind, record)
    return next(iter(_unrestricted(scope, kind, [found])), None) if found else None


def _unrestricted(scope: Scope, kind: str, found: list[Entry]) -> list[Entry]:
    if kind == "panel":  # no judge follows another: their points are shown when the result is sealed
        shown = awards.openly_judged(scope, {each.fields.get("award") or "" for each in found})
        return [each for each in found if each.fields.get("award") in shown]
    refers = REGIONAL[kind].refers
    if not refers or not found:
        return found
    with reading() as connection:
        restricted = exports.restricted(connection)
    return [each for each in found if each.fields.get(refers) not in restricted]


def note_people(scope: Scope, kind: str, found: list[Entry], is_list: bool) -> None:
    """Somebody is about to be told of these people."""
    refers = REGIONAL[kind].refers
    people = sorted({str(each.fields[refers]) for each in found if refers and each.fields.get(refers)})
    if people and is_list:
        audit.look("list", region=scope, records=people, list=kind)
    elif people:
        audit.look("open", region=found[0].home, record=people[0])


def told_to(account: Account, entry: Entry) -> tuple[dict[str, Any], list[str]]:
    """The fields that he may see, and the names of those that he may not: what describes a person, what is sensitive, a
    result before its time.
    """
    kind = REGIONAL[entry.kind]
    hidden = {
        level for level, act in ((PERSONAL, "see people"), (SENSITIVE, "see sensitive")) if not auth.may(account, act)
    }
    kept = awards.kept_from(awards.state_of(entry), account.role) if entry.kind == awards.AWARD else ()
    withheld = sorted(name for name in entry.fields if kind.privacy(name) in hidden or name in kept)
    return {name: value for name, value in entry.fields.items() if name not in withheld}, withheld


# Writing --------------------------------------------------------------------------------------------------------------


def put(
    scope: Scope, record: str, seen: Mapping[str, int], fields: Mapping[str, Any], account: Account, now: int
) -> Entry:  # fmt: skip
    """Begin a record, or change one whose heads `seen` names; gives it as it now is.

    scope: a region of his that holds the record's. Raises AtDesk, Closed, and as `entries.begin` and `entries.change`.
    """
    kind, region, key = record.split(":")
    way = WAYS[kind]
    if not way.is_written:
        raise AtDesk
    _refuse_what_the_desk_sets(kind, way, fields)

    def check(connection: Connection, known: Mapping[str, Any]) -> None:
        _check_open(record, way, known)
        said = {**known, **fields}
        _check_under(connection, scope, way, known, said)
        _check_cycle(connection, record, known, fields)
        check_order(said)
        if kind in CHECKS:
            CHECKS[kind](record, said)

    if entries.find(scope, kind, record) is None:
        if seen:
            raise settle.NoSuchRecord(record)
        entries.begin(kind, region, key, fields, account, now, way.noted, check=check)
    else:
        entries.change(kind, record, seen, fields, account, now, way.noted, whole=not seen, check=check)
    return entries.one(scope, kind, record)


def _refuse_what_the_desk_sets(kind: str, way: Way, fields: Mapping[str, Any]) -> None:
    known = REGIONAL[kind].schema.fields
    unknown = [name for name in fields if name not in known and not name.startswith(EXTRA)]
    if unknown:
        raise BadFields({name: ["unknown-field"] for name in unknown})
    kept = {name for name in fields if name in way.kept}
    state = fields.get("state")
    if way.states is not None and state not in way.states and _is_state(kind, state):
        kept.add("state")
    if kept:
        raise AtDesk(kept)


def _is_state(kind: str, word: Any) -> bool:
    """Whether there is such a state; what is none is complained of as any wrong word is."""
    words: tuple[str, ...] = getattr(REGIONAL[kind].schema.fields["state"], "words", ())
    return word in words


def _check_open(record: str, way: Way, known: Mapping[str, Any]) -> None:
    state = known.get("state")
    if way.states is not None and isinstance(state, str) and state not in way.states:
        raise Closed(record, state)


def _check_under(
    connection: Connection, scope: Scope, way: Way, known: Mapping[str, Any], said: Mapping[str, Any]
) -> None:  # fmt: skip
    """The record that it belongs to is there, in his region, and still open; so is the one that it is taken away from."""
    if way.under is None:
        return
    for named in dict.fromkeys((known.get(way.under), said.get(way.under))):
        if not isinstance(named, str):
            continue
        above = store.one(connection, scope, way.under, named)
        if above is not None:
            _check_open(named, WAYS[way.under], above.fields)
        elif named == said.get(way.under):
            raise BadFields({way.under: ["unknown-record"]})


def _check_cycle(connection: Connection, record: str, known: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """A frozen cycle keeps its period; of a closed one only the follow-up of its findings goes on, as at the desk."""
    kind = record.partition(":")[0]
    differs = {name for name, value in fields.items() if known.get(name) != value}
    if kind == CYCLE and known.get("frozen_on") and differs & {"first_month", "last_month"}:
        raise Closed(record, "frozen")
    if kind != FINDING or not differs - set(FOLLOW_UP_FIELDS):
        return
    for named in dict.fromkeys((known.get("cycle"), fields.get("cycle"))):
        if not isinstance(named, str):
            continue
        home = REGIONAL[CYCLE].fixed_id(named)
        with for_itself():  # a province's cycle is about its parts too; of it its state alone is asked
            above = store.one(connection, home, CYCLE, named) if home else None
        is_about_it = home is not None and within(record.split(":")[1], home)
        if above is not None and above.fields.get("state") == CLOSED:
            raise Closed(named, CLOSED)
        if (above is None or not is_about_it) and named != known.get("cycle"):
            raise BadFields({"cycle": ["unknown-record"]})


def check_order(said: Mapping[str, Any]) -> None:
    """What ends does not end before it begins. Raises BadFields."""
    wrong = {
        last: ["before-its-beginning"] for first, last in ORDERED
        if (begins := said.get(first)) is not None and (ends := said.get(last)) is not None
        and type(begins) is type(ends) and ends < begins
    }  # fmt: skip
    if wrong:
        raise BadFields(wrong)
