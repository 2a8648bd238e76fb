"""How many likely doubles are found, how many of them are none, and what it costs; on FEBRL and on invented Indonesians.

Each run has a process of its own, so that its CPU time and its memory are its own: from people read out of a file to
pairs in hand, everything in between included. The people are written, and the truth kept, by this one.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as parquet

from bench import febrl
from bench.report import Row, at_most
from server.linkage import bulk, model, online
from server.linkage.people import Person
from server.linkage.ready import ID
from tests.server.linkage.synthetic import HARD, USUAL, Country, Entry, entries

COUNT, LEARN_FROM, HARD_COUNT = 1_000_000, 100_000, 100_000
SEED, OTHER_SEED = 1, 2  # weights are never learnt from the people that they are then measured on
TOLD_AT = (0.5, 0.9, 0.99)
CANDIDATES = 1_000

Key = tuple[str, str]


class Ran(NamedTuple):
    """What a run in a process of its own gave: pairs with their probability, or weights; seconds of CPU and by the clock."""

    result: Any
    cpu: float
    wall: float
    rss_mb: float


class Truth(NamedTuple):
    """pairs: which records are one person; damage: what befell a record."""

    pairs: frozenset[Key]
    damage: dict[str, tuple[str, ...]]


def measure() -> list[Row]:
    rows = [row for name, files in FEBRL.items() for row in _febrl(name, files)]
    with tempfile.TemporaryDirectory(prefix="bench-linkage-") as place:
        rows += _synthetic(Path(place), "invented", COUNT, USUAL, goals=True)
        rows += _synthetic(Path(place), "hard ones", HARD_COUNT, HARD, goals=False)
    return [*rows, _at_entry()]


# --- FEBRL ---

FEBRL = {"FEBRL 3": ("dataset3.csv",), "FEBRL 4": ("dataset4a.csv", "dataset4b.csv")}


def _febrl(name: str, files: tuple[str, ...]) -> Iterator[Row]:
    rows = febrl.rows(*files)
    records = [str(row[1]) for row in rows]
    truth = Truth(_pairs_of((record, febrl.who(record)) for record in records), {})
    ran = _alone(_link_febrl, rows)
    yield from _quality(f"{name}: {len(rows):,} records, {len(truth.pairs):,} pairs", truth, ran, goal=0.995)


def _link_febrl(rows: list[tuple[Any, ...]]) -> list[tuple[str, str, float]]:
    """Weights are learnt from the very records, as there are no others; nothing is told of who is who."""
    with tempfile.TemporaryDirectory() as place, bulk.database(Path(place), 1024, 2) as db:
        db.register("told", pa.table([pa.array(column) for column in zip(*rows, strict=True)], [ID, *febrl.COLUMNS]))
        db.execute("CREATE TABLE people AS SELECT * FROM told")
        weights = bulk.learn(db, len(rows), febrl.PEOPLE, febrl.first_guess(len(rows)))
        found = bulk.search(db, len(rows), febrl.PEOPLE, weights, min(TOLD_AT))
        return [(pair.a, pair.b, pair.probability) for pair in found]


# --- Invented Indonesians ---


def _synthetic(place: Path, name: str, count: int, country: Country, *, goals: bool) -> Iterator[Row]:
    file, other, learnt = (place / each for each in ("people.parquet", "others.parquet", "weights.json"))
    truth = _write(file, entries(count, SEED, country))
    _write(other, entries(LEARN_FROM, OTHER_SEED, country))
    name = f"{count:,} {name}, {len(truth.pairs):,} pairs"
    ran = _alone(_link, file, model.WEIGHTS)
    yield from _quality(f"{name}, weights as shipped", truth, ran, goal=0.98 if goals else None)
    yield _missed(truth, ran)
    if goals:
        clock = f"{ran.wall:.0f} s by the clock"
        yield at_most("the same: CPU, from reading the people to the pairs", ran.cpu, 30, "s", clock)
    trained = _alone(_learn, other, learnt)
    ran = _alone(_link, file, learnt)
    yield from _quality(f"{name}, weights learnt from {LEARN_FROM:,} others", truth, ran, goal=None)
    yield Row("learning those weights", "–", _cost(trained))


def _write(file: Path, people: Iterable[Entry]) -> Truth:
    who: list[tuple[str, int]] = []
    damage = {}
    with parquet.ParquetWriter(file, pa.schema([(name, pa.string()) for name in Person._fields])) as out:
        for part in _in_parts(people, 50_000):
            columns = zip(*(entry.person for entry in part), strict=True)
            out.write_table(pa.table([pa.array(column, pa.string()) for column in columns], list(Person._fields)))
            who += [(entry.person.record, entry.who) for entry in part]
            damage.update({entry.person.record: entry.damage for entry in part if entry.damage})
    return Truth(_pairs_of(who), damage)


def _in_parts(people: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    part: list[Entry] = []
    for entry in people:
        part.append(entry)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _read(file: Path) -> Iterator[Person]:
    for batch in parquet.ParquetFile(file).iter_batches(10_000):
        yield from map(Person._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))


def _link(file: Path, weights: Path) -> list[tuple[str, str, float]]:
    found = bulk.find_pairs(_read(file), threshold=min(TOLD_AT), weights=model.load(weights))
    return [(pair.a, pair.b, pair.probability) for pair in found]


def _learn(file: Path, weights: Path) -> None:
    model.save(bulk.train(_read(file)), weights)


# --- Runs and rows ---


def _pairs_of(who: Iterable[tuple[str, Any]]) -> frozenset[Key]:
    groups = defaultdict(list)
    for record, person in who:
        groups[person].append(record)
    return frozenset(chain.from_iterable(combinations(sorted(group), 2) for group in groups.values() if len(group) > 1))


def _alone(work: Callable[..., Any], *given: Any) -> Ran:
    """Do it in a new process, which has loaded the libraries already when the clock starts."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_timed, args=(theirs, work, given))
    process.start()
    theirs.close()
    ran = ours.recv()
    process.join()
    return ran


def _timed(answer: Any, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    began, cpu = time.monotonic(), time.process_time()
    result = work(*given)
    spent, wall = time.process_time() - cpu, time.monotonic() - began
    answer.send(Ran(result, spent, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


class Quality(NamedTuple):
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def _at(found: Iterable[tuple[str, str, float]], threshold: float) -> set[Key]:
    return {(a, b) for a, b, probability in found if probability >= threshold}


def _judge(found: Collection[Key], truth: Truth) -> Quality:
    right = sum(pair in truth.pairs for pair in found)
    return Quality(right / max(len(found), 1), right / len(truth.pairs))


def _quality(name: str, truth: Truth, ran: Ran, goal: float | None) -> Iterator[Row]:
    by_threshold = {threshold: _judge(_at(ran.result, threshold), truth) for threshold in TOLD_AT}
    f1 = by_threshold[0.5].f1
    told = "; ".join(
        f"at {threshold}: precision {each.precision:.4f}, recall {each.recall:.4f}, F1 {each.f1:.4f}"
        for threshold, each in by_threshold.items()
    )
    met = None if goal is None else f1 >= goal
    yield Row(f"{name}: F1", f"≥ {goal}" if goal else "–", f"{f1:.4f} ({told}; {_cost(ran)})", met)


def _cost(ran: Ran) -> str:
    return f"{ran.cpu:.1f} s CPU, {ran.wall:.1f} s by the clock, at most {ran.rss_mb:,.0f} MB"


def _missed(truth: Truth, ran: Ran) -> Row:
    """Of the true pairs that a kind of damage befell, the share that was not found."""
    missed = truth.pairs - _at(ran.result, 0.5)
    befell, lost = (_kinds(pairs, truth) for pairs in (truth.pairs, missed))
    shares = sorted(((lost[kind] / befell[kind], kind) for kind in befell), reverse=True)
    told = ", ".join(f"{kind.replace('_', ' ')} {share:.1%}" for share, kind in shares)
    return Row("the same at 0.5: pairs not found, by what befell them", "–", told)


def _kinds(pairs: Iterable[Key], truth: Truth) -> Counter[str]:
    return Counter(kind for a, b in pairs for kind in {*truth.damage.get(a, ()), *truth.damage.get(b, ())})


def _at_entry() -> Row:
    """One person beside all of a village's, who have been looked at before: their names are remembered."""
    people = [entry.person for entry in entries(CANDIDATES, SEED, Country(village=CANDIDATES))]
    asked = people[:100]
    for one in asked[:3]:
        online.likely(one, people)
    began = time.process_time()
    for one in asked:
        online.likely(one, people)
    took = (time.process_time() - began) / len(asked) * 1000
    return at_most("at entry: one person beside 1,000 candidates of one village", took, 1, "ms CPU")
