"""The simulated village agrees with its server, and says so when it does not."""

import threading

from schemas import nik
from sync.device import people
from sync.device.simulate import simulate
from tests.sync.device.conftest import KAMAN, TERATAK

VILLAGES = [(KAMAN, "Muara Kaman Ulu"), (TERATAK, "Teratak")]


def test_officers_who_lose_their_line_and_edit_the_same_people_end_in_agreement(served, server):
    report = simulate(served.url, server.code, VILLAGES, officers=4, records=40, seed=4417, losses=0.3, patience=10)
    assert report.disagreements == []
    assert report.records >= 40 and report.changes > report.records
    assert report.conflicts and report.quarantined and report.retries
    assert "sepakat / every device and the server agree" in report.summary()


def test_a_server_that_loses_an_acknowledged_change_is_found_out(served, server):
    keep, lost = server._keep, []

    def forgetful(name, sent):
        keep(name, sent)
        if not lost and sent["record"] in [one["record"] for one in server.state["stream"][:-1]]:
            lost.append(server.state["log"].pop((name, sent["seq"])))

    server._keep = forgetful
    server.result = _or_merged(server.result)
    report = simulate(served.url, server.code, VILLAGES, officers=2, records=16, seed=7, losses=0.0, patience=2)
    assert lost and not report.agreed
    assert "TIDAK SEPAKAT / DISAGREE" in report.summary()


def _or_merged(result):
    def told(name, seq):
        try:
            return result(name, seq)
        except KeyError:
            return {"seq": seq, "status": "merged", "version": 1}

    return told


def test_a_demo_runs_until_it_is_told_to_stop(served, server):
    stop, lines = threading.Event(), []

    def say(line: str) -> None:
        lines.append(line)
        if len(lines) == 3:
            stop.set()

    report = simulate(
        served.url, server.code, VILLAGES, 2, 0, 1, pace=0.01, forever=True, stop=stop, say=say, check=False
    )
    assert len(lines) == 3 and report.changes > 0


def test_invented_people_bear_niks_that_no_office_hands_out():
    from datetime import date
    from random import Random

    for number in range(200):
        fields = people.worker(Random(number), KAMAN, date(2026, 11, 22))
        assert fields["nik"].startswith("640211") and fields["nik"][-4:] >= "9000"
        assert nik.is_nik(fields["nik"])
