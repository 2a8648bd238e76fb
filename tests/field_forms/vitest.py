"""The phone's own code, run by Node for a test in Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.world import ROOT, Served, Typist, clean_environment

CLIENT = ROOT / "field_forms" / "client"
VITEST = ROOT / "node_modules" / ".bin" / "vitest"

needs_node = pytest.mark.skipif(
    not (shutil.which("node") and VITEST.exists()), reason="needs Node and what npm brings: make setup"
)


def run(page: str, plan: dict[str, Any], seconds: int = 280) -> None:
    """Runs test/<page> with `plan` in hand; AssertionError with what it said when it failed."""
    done = subprocess.run(
        [str(VITEST), "run", f"test/{page}"], cwd=CLIENT, capture_output=True, text=True, timeout=seconds,
        env={**clean_environment(), "PATH": os.environ["PATH"], "VITE_SAMBUNG_PLAN": json.dumps(plan), "CI": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def served_in(folder: Path) -> Iterator[Served]:
    """An installation for one module of tests."""
    if not (ROOT / "server" / "store" / "regions.csv.gz").is_file():
        pytest.skip("the region data is not there; `make assets` brings it")
    typist = Typist()
    served = Served(folder, typist)
    yield served
    served.close()
    typist.close()
