"""Officers who register and edit the same people, lose their line, and sync over real HTTP; then everything is checked.

The officers are drawn from a seed, and so is what their lines do to them. What the threads do to each other is not: in
that the simulation is as wild as a village.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import urllib3

from sync.device import people
from sync.device.agree import disagreements, missing
from sync.device.client import Client, LineLost, SyncError
from sync.device.line import LossyLine
from sync.device.officer import PLATFORM, Officer
from sync.device.outbox import Outbox, now_ms
from sync.device.report import Report

Enrol = Callable[[str, list[str]], str]
Village = tuple[str, str]

MINUTE_MS, YEAR_MS = 60_000, 31_557_600_000
WRONG_CLOCKS = (0, 0, 0, 0, 7 * MINUTE_MS, -50 * MINUTE_MS, -3 * YEAR_MS, 2 * YEAR_MS)
CHECKER = "Pemeriksa"
MARKET_EVERY = 8  # rounds of a `forever`


@dataclass
class Scene:
    """Who works where, and by which door. stop: ends it early; patience: seconds that the last sync may take."""

    url: str
    enrol: Enrol
    villages: Sequence[Village]
    folder: Path
    threads: int
    stop: threading.Event
    patience: float
    say: Callable[[str], object]

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.villages]

    def new_client(
        self, name: str, villages: list[str], http: LossyLine | urllib3.PoolManager, rng: Random, off: int = 0
    ) -> Client:
        """A phone just enrolled. off: milliseconds that its clock is wrong by."""
        path = self.folder / f"{name.replace(' ', '-')}-{rng.getrandbits(40):010x}.db"
        outbox = Outbox(path, clock=lambda: now_ms() + off)
        client = Client(self.url, outbox, clock=outbox.clock, rng=rng, http=http)
        code = self.enrol(name, villages)
        self.patiently(lambda: client.enrol(code, name, PLATFORM))
        return client

    def patiently(self, act: Callable[[], object]) -> None:
        """Do it, and again while the line is lost and there is patience left."""
        deadline, wait = time.monotonic() + self.patience, 0.05
        while True:
            try:
                act()
                return
            except LineLost as lost:
                pause = max(wait, lost.retry_after or 0.0)
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
                wait = min(wait * 2, 2.0)

    def everyone(self, officers: Sequence[Officer], do: Callable[[Officer], object]) -> None:
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(do, officers))


def simulate(
    url: str,
    enrol: Enrol,
    villages: Sequence[Village],
    officers: int,
    records: int,
    seed: int,
    *,
    losses: float = 0.15,
    threads: int = 4,
    folder: str | Path | None = None,
    pace: float = 0.0,
    forever: bool = False,
    newcomers: float = 1.0,
    stop: threading.Event | None = None,
    patience: float = 60.0,
    check: bool = True,
    say: Callable[[str], object] = lambda line: None,
) -> Report:
    """Let `officers` work until `records` workers are registered (or `forever`, until `stop`), and check everything.

    enrol(officer's name, village codes): makes an enrolment code. villages: (code, name), each real. losses: how many
    of 1.0 requests meet a bad line. folder: where the phones' files stay; by default they are deleted. pace: seconds
    from one act of an officer to the next. newcomers: in how many of 1.0 outings an officer of a `forever` meets people
    who are not registered yet; in the others he looks after those who are. say: is told a line now and then.
    The check holds only while nobody else writes; patience: seconds for the server to merge what it only received.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sambung-") as own_folder:
        place = Path(folder or own_folder)
        place.mkdir(parents=True, exist_ok=True)
        scene = Scene(url, enrol, villages, place, threads, stop or threading.Event(), patience, say)
        crew = _crew(scene, officers, seed, losses)
        _work(scene, crew, records, pace, newcomers if forever else None)
        report = _finish(scene, crew, check)
        report.seconds = time.monotonic() - began
        for officer in crew:
            officer.outbox.close()
    return report


def _crew(scene: Scene, officers: int, seed: int, losses: float) -> list[Officer]:
    """Every village has its officer, most have two, and some officers serve the next village as well."""
    return [_officer(scene, number, Random(f"{seed}:{number}"), losses) for number in range(officers)]


def _officer(scene: Scene, number: int, rng: Random, losses: float) -> Officer:
    codes = scene.codes
    home = number % len(codes)
    mine = [codes[home]]
    if len(codes) > 1 and rng.random() < 0.3:
        mine.append(codes[(home + 1) % len(codes)])
    name = f"{people.name_of(rng, rng.choice(('male', 'female')))} {number + 1}"
    line = LossyLine(urllib3.PoolManager(num_pools=1, maxsize=1), rng, losses)
    client = scene.new_client(name, mine, line, rng, off=rng.choice(WRONG_CLOCKS))
    return Officer(name, mine, client, line, rng, lambda: scene.enrol(name, mine))


def _work(scene: Scene, crew: Sequence[Officer], records: int, pace: float, forever: float | None) -> None:
    """forever: how often officers meet newcomers until they are stopped; None when `records` make an end."""
    for number, officer in enumerate(crew):
        officer.to_register = records // len(crew) + (number < records % len(crew))
    rounds = 0
    while not scene.stop.is_set() and (forever is not None or any(officer.to_register for officer in crew)):
        scene.everyone(crew, lambda officer: _spell(scene, officer, pace, forever))
        if forever is not None and rounds % MARKET_EVERY == 0:
            week = rounds // MARKET_EVERY
            scene.everyone(crew, lambda officer: officer.market_day(week))  # noqa: B023  done before the next round
        rounds += 1
        scene.say(f"{rounds}: {_standing(crew)}")
    scene.everyone(crew, lambda officer: officer.try_to_sync())
    scene.everyone(crew, lambda officer: officer.market_day())


def _spell(scene: Scene, officer: Officer, pace: float, forever: float | None) -> None:
    if scene.stop.is_set():
        return
    if forever is not None:
        officer.to_register = 5 if officer.rng.random() < forever else 0
    others = [code for code in scene.codes if code not in officer.villages]
    # In a slow demo each officer has his turn soon; in a test whole days pass before the next line.
    acts = officer.rng.randint(1, 3) if pace else officer.rng.randint(3, 15)
    officer.spell(others, lambda: scene.stop.wait(pace * officer.rng.uniform(0.5, 1.5)) if pace else None, acts)


def _standing(crew: Sequence[Officer]) -> str:
    stands: Counter[str] = Counter()
    for officer in crew:
        stands.update(officer.outbox.counts())
    return ", ".join(f"{count} {status}" for status, count in sorted(stands.items()))


def _finish(scene: Scene, crew: Sequence[Officer], check: bool) -> Report:
    for officer in crew:
        officer.line.away, officer.line.loss = False, 0.0
    found = [trouble for officer in crew for trouble in sorted(officer.troubles)]
    conflicts = 0
    if check:
        later, conflicts = _check(scene, crew)
        found += later
    return _report(scene, crew, conflicts, found)


def _check(scene: Scene, crew: Sequence[Officer]) -> tuple[list[str], int]:
    """What is wrong, and how many conflicts. Looked at a few times, as jobs of the server may still be at work."""
    for last_look in (False, False, True):
        found = _until_all_is_through(scene, crew)
        checkers = {code: _checker(scene, code, number) for number, code in enumerate(scene.codes)}
        found += [f"{officer.name}: {line}" for officer in crew for line in _look_at(officer, checkers)]
        conflicts = sum(len(_in_conflict(checker)) for checker in checkers.values())
        for checker in checkers.values():
            checker.close()
        if not found or last_look:
            break
        time.sleep(1.0)
    return found + [line for officer in crew for line in _again(scene, officer)], conflicts


def _until_all_is_through(scene: Scene, crew: Sequence[Officer]) -> list[str]:
    """Sync until the server has answered for everything, and once more to hear what the others did."""
    deadline = time.monotonic() + scene.patience
    lost: list[str] = []
    while True:
        lost.clear()
        scene.everyone(crew, lambda officer: lost.extend(_last_sync(scene, officer)))
        if lost or all(officer.is_through() for officer in crew) or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    scene.everyone(crew, lambda officer: lost.extend(_last_sync(scene, officer)))
    waiting = [officer.name for officer in crew if not officer.is_through()]
    return lost + [f"{name}: changes still wait after {scene.patience:.0f} s" for name in waiting]


def _last_sync(scene: Scene, officer: Officer) -> Iterator[str]:
    try:
        scene.patiently(officer.sync)
    except SyncError as error:
        yield f"{officer.name}: {type(error).__name__}: {error}"


def _checker(scene: Scene, village: str, number: int) -> Outbox:
    """A phone enrolled just now, that has been told everything of one village."""
    rng = Random(time.time_ns() + number)
    client = scene.new_client(CHECKER, [village], urllib3.PoolManager(num_pools=1), rng)
    scene.patiently(client.sync)
    return client.outbox


def _look_at(officer: Officer, checkers: dict[str, Outbox]) -> Iterator[str]:
    made_of = {}
    for checker in checkers.values():
        for record in checker.records():
            copy = checker.copies.get(record)
            made_of[record] = copy.seen if copy else {}
    for village in officer.outbox.villages():
        if village in checkers:
            yield from disagreements(officer.outbox, checkers[village], village)
    yield from missing(officer.outbox, made_of)


def _in_conflict(checker: Outbox) -> list[str]:
    return [record for (record,) in checker.disk.rows("SELECT record FROM records WHERE conflicts != '{}'")]


def _again(scene: Scene, officer: Officer) -> list[str]:
    """Everything acknowledged is sent once more: each must be answered for, and nothing may move."""
    unanswered: list[int] = []
    try:
        scene.patiently(lambda: unanswered.extend(officer.client.ask_again()))
    except SyncError as error:
        return [f"{officer.name}: {error}"]
    return [f"{officer.name}: change {seq} was acknowledged, but the server has no result for it" for seq in unanswered]


def _report(scene: Scene, crew: Sequence[Officer], conflicts: int, found: list[str]) -> Report:
    lost: Counter[str] = Counter()
    report = Report(officers=len(crew), villages=len(scene.villages), conflicts=conflicts, disagreements=found)
    for officer in crew:
        disk, tally, counts = officer.outbox.disk, officer.client.tally, officer.outbox.counts()
        lost.update(officer.line.went_wrong)
        report.records += disk.value(
            "SELECT count(*) FROM created JOIN changes USING (device, seq) WHERE kind = 'worker'"
        )
        report.changes += disk.value("SELECT count(*) FROM changes")
        report.quarantined += counts.get("quarantined", 0)
        report.waiting += counts.get("received", 0)
        report.requests += tally.requests
        report.retries += tally.lost
        report.bytes_up += tally.bytes_up
        report.bytes_down += tally.bytes_down
    report.lost = dict(lost)
    return report
