"""What was measured against what was hoped for: one table, on the screen and in results.md."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.postgres import Unavailable, find_programs

RESULTS = Path(__file__).parent / "results.md"
INTRODUCTION = """# What it costs, measured

Written by `python -m bench`; what each line means stands in README.md. CPU times are of the server with its database.
Every ratio is of two things measured by turns in one run.
"""


class Row(NamedTuple):
    """One line. met: whether the goal was; None where there is none."""

    what: str
    goal: str
    measured: str
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**missed**", None: "–"}[self.met]


def at_most(what: str, measured: float, goal: float, unit: str, remark: str = "") -> Row:
    """A line whose number may not be above its goal. unit: what stands behind both; `times` for a ratio."""
    told = f"{_short(measured)} {unit}" + (f" ({remark})" if remark else "")
    return Row(what, f"≤ {_short(goal)} {unit}", told, measured <= goal)


def _short(number: float) -> str:
    if number >= 100 or number == int(number):
        return f"{number:.0f}"
    return f"{number:.2f}" if number < 10 else f"{number:.1f}"


def machine() -> str:
    """The machine as far as the numbers depend on it."""
    load = " ".join(f"{each:.1f}" for each in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {_postgres()}, load average at the end {load}"
    )


def _postgres() -> str:
    try:
        said = subprocess.run([find_programs() / "postgres", "--version"], capture_output=True, text=True, check=True)
    except Unavailable:
        return "no PostgreSQL"
    return "PostgreSQL " + said.stdout.split()[2]


def table(rows: Iterable[Row]) -> str:
    lines = ["| what | goal | measured | |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {row.what} | {row.goal} | {row.measured} | {row.verdict} |" for row in rows)])


def write(name: str, title: str, rows: Collection[Row]) -> None:
    """Put one part's table into results.md, in place of the same part's last."""
    parts = _parts(RESULTS.read_text() if RESULTS.exists() else "")
    parts[name] = f"## {title}\n<!-- {name} -->\n\n{machine()}\n\n{table(rows)}\n"
    RESULTS.write_text("\n".join([INTRODUCTION, *parts.values()]))


def _parts(text: str) -> dict[str, str]:
    """The parts of results.md by their names."""
    sections = [f"## {section}" for section in text.split("\n## ")[1:]]
    return {section.split("<!-- ")[1].split(" -->")[0]: section.rstrip("\n") + "\n" for section in sections}
