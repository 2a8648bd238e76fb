"""The long ones: every permutation of rich sets of changes, and a hundred thousand random schedules.

    SEED=99 make test-slow         other villages than last time
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import permutations
from random import Random

import pytest

from schemas.change import Change, canonical
from schemas.kinds import kind_of
from sync.held import Held, advance, first, hold
from sync.links import Joined
from sync.merge import merge_record
from tests import reference
from tests.builders import joined, shown
from tests.strategies import draw_history

SEED = int(os.environ.get("SEED", "4417"))
SCHEDULES, SETS, WORKERS, LONGEST = 100_000, 60, 2, 7

pytestmark = pytest.mark.slow


def as_bytes(one: Held) -> bytes:
    return canonical({name: getattr(one, name) for name in one.__slots__})


def folded(record: str, changes: Sequence[Change], one_with: Joined | None) -> bytes:
    return as_bytes(hold(merge_record(record, changes, one_with)))


def carried_on(record: str, arrivals: Sequence[Change]) -> bytes:
    """As the server does it: step by step where it may, else by a fold of what is there so far."""
    one = first(arrivals[0], kind_of(arrivals[0].kind))
    for n, arrival in enumerate(arrivals[1:], 2):
        if not advance(one, arrival, kind_of(arrival.kind)):
            one = hold(merge_record(record, arrivals[:n]))
    return as_bytes(one)


def in_step(changes: Sequence[Change], rng: Random) -> list[Change]:
    """Another order of arrival, each device's changes as it made them."""
    shuffled = rng.sample(list(changes), len(changes))
    queues = {one.device: iter([other for other in changes if other.device == one.device]) for one in shuffled}
    return [next(queues[one.device]) for one in shuffled]


def keeps_step(changes: Sequence[Change]) -> bool:
    return all(a.seq < b.seq for n, b in enumerate(changes) for a in changes[:n] if a.device == b.device)


Joinable = tuple[str, list[Change], Joined | None, bytes]


def persons(seed: int, length: int) -> Iterator[Joinable]:
    """Every person of one history: carrier, changes, what joins them, and what a fold in the first order says."""
    rng = Random(seed)
    history = draw_history(rng, rng.randint(5, length))
    links = reference.standing_links(history.changes)
    for record in history.records:
        members = reference.one_with(record, links)
        if record == min(members):
            changes = [one for one in history.changes if one.record in members]
            one_with = joined(record, links)
            assert shown(hold(merge_record(record, changes, one_with))) == reference.state_of(record, changes, links)
            yield record, changes, one_with, folded(record, changes, one_with)


def run_schedules(seeds: range) -> int:
    """Play one schedule of each seed; gives how many. A failure names its seed."""
    for seed in seeds:
        rng = Random(-seed)
        for record, changes, one_with, expected in persons(seed, 45):
            again = [*changes, *rng.sample(changes, rng.randint(0, len(changes)))]
            assert folded(record, rng.sample(again, len(again)), one_with) == expected, f"seed {seed}"
            if one_with is None:
                assert carried_on(record, in_step(changes, rng)) == expected, f"seed {seed}"
    return len(seeds)


def is_rich(person: Joinable) -> bool:
    """Enough changes, by several authors, of which not all agree."""
    _, changes, _, said = person
    return len(changes) == LONGEST and len({one.device for one in changes}) > 2 and b'"conflicts":{}' not in said


def rich_sets(seed: int) -> Iterator[Joinable]:
    while True:
        yield from filter(is_rich, persons(seed, 60))
        seed += 1


def test_every_permutation_of_seven_changes_gives_the_same_state(capsys):
    sets = rich_sets(SEED * 1_000_000)
    joined_ones = tried = 0
    for record, changes, one_with, expected in (next(sets) for _ in range(SETS)):
        joined_ones += one_with is not None
        for order in permutations(changes):
            assert folded(record, order, one_with) == expected, order
            if one_with is None and keeps_step(order):
                assert carried_on(record, order) == expected, order
            tried += 1
    with capsys.disabled():
        print(f"\n{tried} permutations of {SETS} sets, {joined_ones} of joined records, seed {SEED}")
    assert joined_ones


def test_a_hundred_thousand_random_schedules_give_the_same_state(capsys):
    start, each = SEED * 1_000_000, 1000
    parts = [range(at, at + each) for at in range(start, start + SCHEDULES, each)]
    with ProcessPoolExecutor(WORKERS) as pool:
        played = sum(pool.map(run_schedules, parts))
    with capsys.disabled():
        print(f"\n{played} random schedules, seed {SEED}")
    assert played == SCHEDULES
