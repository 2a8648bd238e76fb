"""The phone's code by itself: its types hold, and its own tests (field_forms/client/test) pass."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.field_forms.vitest import CLIENT, VITEST, needs_node
from tests.protocol.world import ROOT, clean_environment

pytestmark = needs_node
ENVIRONMENT = {**clean_environment(), "PATH": os.environ["PATH"], "CI": "1"}


def test_the_phones_code_says_what_it_does_with_types_that_hold():
    tsc = ROOT / "node_modules" / ".bin" / "tsc"
    done = subprocess.run([str(tsc), "--noEmit"], cwd=CLIENT, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:]


def test_the_phones_own_tests_pass(tmp_path: Path):
    told = tmp_path / "told.json"
    done = subprocess.run(
        [str(VITEST), "run", "--reporter=json", f"--outputFile={told}", "--maxWorkers=2"],
        cwd=CLIENT, env=ENVIRONMENT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    said = json.loads(told.read_text()) if told.exists() else {"testResults": [], "numPassedTests": 0}
    failed = [
        f"{Path(file['name']).name}: {test['fullName']}: {' '.join(test['failureMessages'])[:600]}"
        for file in said["testResults"]
        for test in file["assertionResults"]
        if test["status"] == "failed"
    ]
    assert failed == [] and done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert said["numPassedTests"] > 400  # not that nothing was found to run
