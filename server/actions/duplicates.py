"""Likely doubles: who may be one person, found as people come in and again by the model, and what a desk has decided.

Looking for them changes nothing of what records say. That two are one, or are not, is a link record, which a desk writes
(`settle.link`); a pair only repeats it. So what was told apart once is never asked again, whatever finds it anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from schemas import nik as niks
from server import linkage
from server.clock import now_ms
from server.config import Settings
from server.db import Connection, reading, transaction
from server.linkage.online import AT_LEAST, Likeness, likely, likeness
from server.linkage.people import Person
from server.store import duplicates as store
from server.store.duplicates import APART, DESK, ENTRY, JOINED, MODEL, OPEN, Key, Pair
from server.store.people_index import as_person, candidates
from server.store.records import RecordRow
from sync.links import link_id

AT_ONCE = 200  # people compared between two transactions
MOST_MS = 4 * 60 * 1000  # a run looks no longer: the next one goes on from there
MOST_OF_ONE_NIK = 20  # bearers up to which each is paired with each; of more, all with the first


# As people come in ----------------------------------------------------------------------------------------------------


def find_duplicates(settings: Settings, now: int) -> int:
    """Compare whoever came in or changed since the last time with all others; gives how many pairs are new or gone.

    It follows the index of people (`people_index`), so run that first. Harmless to repeat.
    """
    with reading() as connection:
        villages = store.behind(connection)
    changed, until = 0, now_ms() + MOST_MS
    for village, after, last in villages:
        while after < last and now_ms() < until:
            after, differs = _compare_some(village, after, last, now)
            changed += differs
    return changed


def _compare_some(village: str, after: int, last: int, now: int) -> tuple[int, int]:
    """The next people of a village; gives the position up to which it came, and how many pairs differ now."""
    with reading() as connection:
        rows = store.changed(connection, village, after, last, AT_ONCE)
        fresh = [record for record, _, is_new in rows if is_new]
        versions = store.versions(connection, fresh)
        found = _found_for(connection, fresh)
    reached = rows[-1][1] if len(rows) == AT_ONCE else last
    with transaction() as connection:
        differs = _take(connection, found, fresh, ENTRY, now) if fresh else 0
        store.note_compared(connection, versions)
        store.note_judged(connection, village, reached)
    return reached, differs


def _found_for(connection: Connection, records: Collection[str]) -> dict[Key, Likeness]:
    """Whom each of these people may be, with what speaks for it; one NIK is always worth a look."""
    people = {row[0]: Person(*row) for row in store.people(connection, records)}
    found: dict[Key, Likeness] = {}
    for person in people.values():
        for one in likely(person, _others(connection, person)):
            found[_key(person.record, one.person.record)] = one.likeness
    asked = {key for key in (*_one_nik(connection, people), *_known_of(connection, people)) if key not in found}
    others = {each for key in asked for each in key} - people.keys()
    everybody = people | {row[0]: Person(*row) for row in store.people(connection, others)}
    for a, b in asked:
        if a in everybody and b in everybody:
            found[a, b] = likeness(everybody[a], everybody[b])
    return found


def _others(connection: Connection, person: Person) -> list[Person]:
    return [as_person(row) for row in candidates(connection, person) if not row.restricted]


def _one_nik(connection: Connection, people: Mapping[str, Person]) -> Iterator[Key]:
    """What stands where a card is odd ("hilang") names no one. A NIK of a whole village would be millions of pairs."""
    asked = {person.nik for person in people.values() if person.nik and _is_nik(person.nik)}
    for bearers in store.bearers(connection, asked).values():
        if len(bearers) > MOST_OF_ONE_NIK:
            yield from ((bearers[0], other) for other in bearers[1:] if bearers[0] in people or other in people)
        else:
            yield from (_key(a, b) for a in bearers if a in people for b in bearers if a != b)


def _known_of(connection: Connection, people: Mapping[str, Person]) -> Iterator[Key]:
    """Pairs of before: what was found once is judged again, not forgotten because another way does not lead to it."""
    return (pair.key for pair in store.of_records(connection, people.keys()) if pair.state == OPEN)


def _key(a: str, b: str) -> Key:
    return min(a, b), max(a, b)


# In bulk --------------------------------------------------------------------------------------------------------------


def link_all(settings: Settings, now: int) -> int:
    """All likely doubles at once by the model, where it is installed; then every pair says again what the links say.

    Gives how many pairs are new, gone or mended.
    """
    changed = take_in(_by_model(settings), now) if linkage.available() else 0
    return changed + mend(now)


def _by_model(settings: Settings) -> Iterator[Any]:
    from server.linkage.bulk import find_pairs  # takes its time to load, and is not installed everywhere

    with reading() as connection:
        people = (Person(*row) for row in store.everybody(connection))
        yield from find_pairs(people, threshold=AT_LEAST, folder=settings.data_dir)


def take_in(pairs: Iterable[Any], now: int) -> int:
    """Keep what a run of the model found (`linkage.engine.Pair`), here or elsewhere; what it no longer finds goes.

    What a desk has decided stays decided. Gives how many pairs are new or gone.
    """
    changed, left = 0, iter(pairs)
    while part := list(islice(left, 500)):
        found = {_key(pair.a, pair.b): Likeness(pair.probability, pair.weight, tuple(pair.comparisons)) for pair in part}
        with transaction() as connection:
            changed += _take(connection, found, (), MODEL, now)
    with transaction() as connection:
        store.take_turn(connection)
        return changed + store.drop_unfound(connection, now)


def people_of_all() -> Iterator[Person]:
    """Everybody as he is compared, for a run of the model elsewhere."""
    with reading() as connection:
        yield from (Person(*row) for row in store.everybody(connection))


def mend(now: int) -> int:
    """Pairs say again what the links say: a restore, or a link of long ago, may have left them behind."""
    changed, last = 0, None
    while True:
        with transaction() as connection:
            store.take_turn(connection)
            part = store.after_key(connection, last, 500)
            changed += _follow(connection, part)
        if len(part) < 500:
            break
        last = part[-1].key
    with transaction() as connection:
        store.take_turn(connection)
        return changed + store.drop_restricted(connection)


# What is kept ---------------------------------------------------------------------------------------------------------


def _take(connection: Connection, found: Mapping[Key, Likeness], of: Collection[str], by: str, now: int) -> int:
    """Store what was found, in its turn: somebody may have linked or erased one meanwhile.

    of: people who were compared with all: what was open of them and is not found any more goes. Gives how many pairs
    are new, gone, or say something else.
    """
    store.take_turn(connection)
    before = store.of_keys(connection, found.keys())
    open_of = {pair.key for pair in store.of_records(connection, of) if pair.state == OPEN} if of else set()
    drawn = _drawn(connection, found, before, by, now)
    gone = open_of - drawn.keys()
    store.keep(connection, drawn.values())
    store.drop(connection, gone)
    return len(gone) + sum(key not in before or before[key].state != pair.state for key, pair in drawn.items())


def _drawn(
    connection: Connection, found: Mapping[Key, Likeness], before: Mapping[Key, Pair], by: str, now: int
) -> dict[Key, Pair]:
    who = _Who(connection, {each for key in found for each in key})
    same = _same_niks(connection, found)
    drawn = {}
    for key, like in found.items():
        if not who.stand_for_themselves(key) or (like.score < AT_LEAST and key not in same):
            continue
        known = before.get(key)
        homes = (who.standing[key[0]].home, who.standing[key[1]].home)
        told = [(field, level, round(float(weight), 2)) for field, level, weight in like.comparisons]
        found_at = known.found_at if known else now
        drawn[key] = Pair(*key, *homes, key in same, float(like.score), by, told, who.state(key), found_at, now)
    return drawn


def _same_niks(connection: Connection, keys: Collection[Key]) -> set[Key]:
    known = {row[0]: row[2] for row in store.people(connection, {each for key in keys for each in key})}
    return {(a, b) for a, b in keys if _is_nik(known.get(a)) and known.get(a) == known.get(b)}


def _is_nik(nik: str | None) -> bool:
    return nik is not None and niks.is_nik(nik)


class _Who:
    """Who of some records are one, and which of them were told apart, as of this moment."""

    def __init__(self, connection: Connection, records: Collection[str]) -> None:
        self.standing = store.standings(connection, records)
        carriers = {each.carrier for each in self.standing.values()}
        self.members = store.members(connection, carriers)
        self._connection = connection
        self._apart: dict[Key, bool] = {}

    def stand_for_themselves(self, key: Key) -> bool:
        """Both are here, neither erased nor carried by another."""
        return all((one := self.standing.get(each)) is not None and not one.erased and one.carrier == each for each in key)

    def state(self, key: Key) -> str:
        a, b = (self.standing[each].carrier for each in key)
        if a == b:
            return JOINED
        return APART if self._told_apart(_key(a, b)) else OPEN

    def _told_apart(self, carriers: Key) -> bool:
        """Whoever was told apart from one of several that are joined now was told apart from the person that they are."""
        if carriers not in self._apart:
            a, b = carriers
            links = {link_id(x, y) for x in self.members[a] for y in self.members[b]}
            self._apart[carriers] = bool(store.told_apart(self._connection, links))
        return self._apart[carriers]


def _follow(connection: Connection, pairs: Sequence[Pair]) -> int:
    """Bring pairs in line with the links; gives how many had to be changed."""
    who = _Who(connection, {each for pair in pairs for each in pair.key})
    changed = 0
    moved: dict[Key, Pair] = {}
    for pair in sorted(pairs, key=lambda pair: pair.key):
        known = [who.standing.get(each) for each in pair.key]
        if any(one is None or one.erased for one in known):
            store.drop(connection, [pair.key])
            changed += 1
            continue
        state = who.state(pair.key)
        homes = tuple(who.standing[each].home for each in pair.key)
        if state == OPEN and not who.stand_for_themselves(pair.key):
            # One of the two is carried by another by now: it is he who may be the same person.
            store.drop(connection, [pair.key])
            key = _key(*(who.standing[each].carrier for each in pair.key))
            moved[key] = pair._replace(a=key[0], b=key[1], state=state)
            changed += 1
        elif (state, homes) != (pair.state, (pair.home_a, pair.home_b)):
            store.keep(connection, [pair._replace(state=state, home_a=homes[0], home_b=homes[1])])
            changed += 1
    _keep_moved(connection, moved)
    return changed


def _keep_moved(connection: Connection, moved: Mapping[Key, Pair]) -> None:
    there = store.of_keys(connection, moved.keys())
    who = _Who(connection, {each for key in moved for each in key})
    for key, pair in moved.items():
        if key not in there and who.stand_for_themselves(key):
            home_a, home_b = (who.standing[each].home for each in key)
            store.keep(connection, [pair._replace(home_a=home_a, home_b=home_b)])


# What a desk decides --------------------------------------------------------------------------------------------------


def weigh(a: RecordRow, b: RecordRow) -> Likeness | None:
    """How like two records are that a desk is about to link; None when they are one already."""
    if a.id == b.id:
        return None
    first, second = (_person(row.id, row.held.home, row.held.fields) for row in (a, b))
    return likeness(first, second)


def _person(record: str, home: str, fields: Mapping[str, Any]) -> Person:
    told = {name: value for name in Person._fields[2:] if isinstance(value := fields.get(name), str)}
    return Person(record, home, **told)


def follow_link(connection: Connection, ends: tuple[str, str], like: Likeness | None, now: int) -> None:
    """A desk joined or parted two records, in this transaction: every pair that names one of theirs says so."""
    store.take_turn(connection)
    who = _Who(connection, ends)
    key = _key(*ends)
    about = {each for members in who.members.values() for each in members} | {*ends}
    known = store.of_records(connection, about)
    if like is not None and key not in {pair.key for pair in known}:
        told = [(field, level, round(float(weight), 2)) for field, level, weight in like.comparisons]
        homes = (who.standing[key[0]].home, who.standing[key[1]].home)
        same = any(field == "nik" and level == "same" for field, level, _ in told)
        known.append(Pair(*key, *homes, same, float(like.score), DESK, told, OPEN, now, now))
        store.keep(connection, known[-1:])
    _follow(connection, known)
