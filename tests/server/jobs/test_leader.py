"""Several nodes, one clock: exactly one leads, and another takes over when it dies."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from server.config import Settings
from server.jobs.leader import AdvisoryLock, LockedFile
from tests.postgres import Cluster

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 30


class Tick(NamedTuple):
    pid: int
    ms: int


def ticks_in(file: Path) -> list[Tick]:
    lines = file.read_text().splitlines() if file.exists() else []
    return [Tick(*map(int, line.split())) for line in lines]


@contextmanager
def nodes(number: int, settings: Settings, file: Path, every_ms: int) -> Iterator[dict[int, subprocess.Popen]]:
    module = [sys.executable, "-m", "tests.server.jobs.ticker"]
    command = [*module, str(settings.data_dir), settings.database_url, str(file), str(every_ms)]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) for _ in range(number)]
    try:
        yield {node.pid: node for node in started}
    finally:
        for node in started:
            node.kill()
            node.wait()


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def kill_the_leader(alive: dict[int, subprocess.Popen], file: Path) -> None:
    leader = ticks_in(file)[-1].pid
    alive.pop(leader).send_signal(signal.SIGKILL)
    wait_until(lambda: sum(tick.pid in alive for tick in ticks_in(file)[-3:]) == 3)


def assert_one_clock(ticks: list[Tick], every_ms: int, leaders: int) -> None:
    """No tick came twice, the gap at a takeover was small, and who had led before did not come back."""
    gaps = [later.ms - earlier.ms for earlier, later in pairwise(sorted(ticks, key=lambda tick: tick.ms))]
    assert min(gaps) > every_ms * 0.4
    assert max(gaps) < every_ms + 3000
    assert len(list(groupby(ticks, key=lambda tick: tick.pid))) == leaders


def test_a_second_node_takes_over_within_moments_when_the_leader_is_killed(settings, tmp_path):
    file = tmp_path / "ticks"
    with nodes(2, settings, file, 300) as alive:
        wait_until(lambda: len(ticks_in(file)) >= 3)
        kill_the_leader(alive, file)
    assert_one_clock(ticks_in(file), 300, leaders=2)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["settings", pytest.param("postgres_settings", marks=pytest.mark.postgres)])
def test_of_three_nodes_one_leads_at_a_time_though_the_leader_is_killed_again_and_again(engine, request, tmp_path):
    file = tmp_path / "ticks"
    with nodes(3, request.getfixturevalue(engine), file, 1000) as alive:
        wait_until(lambda: len(ticks_in(file)) >= 3)
        kill_the_leader(alive, file)
        kill_the_leader(alive, file)
    assert_one_clock(ticks_in(file), 1000, leaders=3)


def test_on_one_machine_a_second_process_waits_for_the_locked_file(settings):
    first, second = LockedFile(settings), LockedFile(settings)
    assert first.take() and first.take() and not second.take()
    assert first.is_held() and not second.is_held()
    first.give_up()
    assert second.take() and not first.is_held()
    second.give_up()


@pytest.mark.postgres
def test_a_leader_whose_connection_is_cut_leads_no_more(postgres_cluster: Cluster, postgres_url: str):
    first, second = AdvisoryLock(postgres_url), AdvisoryLock(postgres_url)
    assert first.take() and first.is_held() and not second.take()
    cut_sessions(postgres_cluster, "sambung scheduler")
    assert not first.is_held()
    assert second.take() and not first.take()
    second.give_up()
    assert first.take()
    first.give_up()


@pytest.mark.postgres
def test_while_the_database_is_away_nobody_leads_and_nothing_breaks(postgres_cluster: Cluster):
    nowhere = AdvisoryLock(postgres_cluster.url("no_such_database"))
    assert not nowhere.take() and not nowhere.is_held()


def cut_sessions(cluster: Cluster, name: str) -> None:
    cut = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(cluster.conninfo("postgres"), autocommit=True) as connection:
        assert connection.execute(cut, [name]).fetchall()
