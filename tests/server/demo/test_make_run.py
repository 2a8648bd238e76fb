"""`make run`: it serves, says what to try, and what it says works; Ctrl-C ends all of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LAST_WORDS = "Ctrl-C"
LOGINS = "Masuk / sign in (rekaan, hanya di sini / invented, for here only):"


@contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    """The demo in a folder of its own, and the lines that it printed up to the last of its greeting."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SAMBUNG_")}
    command = [sys.executable, "-m", "server.demo"]
    env = {**ours, "SAMBUNG_DATA_DIR": str(folder), "SAMBUNG_DATABASE_URL": "postgresql+psycopg://nobody@nowhere/real"}
    node = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    lines = []
    try:
        while not lines or LAST_WORDS not in lines[-1]:
            line = node.stdout.readline()
            assert line, "the demo ended early"
            lines.append(line.rstrip("\n"))
        yield node, lines
    finally:
        node.kill()
        node.communicate()


def url_in(lines: list[str]) -> str:
    return next(line for line in lines if line.startswith("Sambung Desa")).split()[-1]


def device_of(url: str, code: str) -> str:
    """Enrol as the app does."""
    asked = urllib.request.Request(f"{url}/api/v1/enrol", json.dumps({"code": code}).encode(), method="POST")
    asked.add_header("Content-Type", "application/json")
    return json.load(urllib.request.urlopen(asked))["device"]


def test_the_demo_serves_at_once_in_a_place_of_its_own_and_ends_at_ctrl_c(tmp_path):
    with demo(tmp_path) as (node, lines):
        page = urllib.request.urlopen(url_in(lines) + "/").read().decode()
        assert "/docs" in page and "<script" not in page
        app, _, code = next(line.strip() for line in lines if "/app/#" in line).partition("#")
        assert app == url_in(lines) + "/app/" and lines.index(f"  {app}#{code}") < lines.index(LOGINS)
        assert device_of(url_in(lines), code)
        assert json.load(urllib.request.urlopen(url_in(lines) + "/healthz"))["status"] == "ok"
        assert (tmp_path / "demo" / "demo.json").stat().st_mode & 0o777 == 0o600
        node.send_signal(signal.SIGINT)
        assert node.wait(20) == 0


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="what it says to try needs curl")
def test_what_the_demo_says_to_try_works_and_a_second_start_takes_seconds(tmp_path):
    with demo(tmp_path) as (node, lines):
        begin = next(number for number, line in enumerate(lines) if line.startswith("Coba"))
        tries = [line.strip() for line in lines[begin + 1 : -1] if line.startswith("  ")]
        script = "\n".join(["set -e", *(f"{line}; echo" for line in tries)])
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert answers[0]["total"]["active"] > 0 and answers[1]["records"] and answers[2]["device"]
        assert answers[3]["records"] > 90 and len(tries) == 8
        node.send_signal(signal.SIGTERM)
        assert node.wait(20) == 0
    begun = time.monotonic()
    with demo(tmp_path) as (node, again):
        assert time.monotonic() - begun < 5
        assert [line for line in again if "operator" in line][:1] == [line for line in lines if "operator" in line][:1]


@pytest.mark.slow
def test_while_the_demo_runs_conflicts_arise_and_coverage_moves(tmp_path):
    with demo(tmp_path) as (node, _):
        seen, end = set(), time.monotonic() + 120
        while seen < {"differs", "covered"} and time.monotonic() < end:
            seen |= {word for word in ("differs", "covered") if word in node.stdout.readline()}
        assert seen == {"differs", "covered"}
