"""What every test may ask for."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.browser.handset import CHROMIUM
from tests.postgres import Cluster, Unavailable

HERE = Path(__file__).parent

# A machine that is busy with something else is no failure. CI draws the same villages every time; at a desk each run
# draws new ones.
settings.register_profile("village", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("village")

# Where Python is told to keep no bytecode, each process that a test starts would compile the whole house anew, and each
# run all tests. It is kept beside the libraries then, and the rooms stay as clean as they were to be.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(Path(sys.prefix) / "bytecode")
    sys.dont_write_bytecode = False


LONG = frozenset({
    "browser/test_a_month_offline.py", "browser/test_around.py", "browser/test_bad_days.py",
    "browser/test_desks_for_everybody.py", "browser/test_five_minutes.py", "browser/test_for_everybody.py",
    "browser/test_photos.py",
    "browser/test_the_last_of_a_phone.py", "browser/test_versions.py", "chaos/test_kill.py",
    "field_forms/test_phone_with_the_server.py", "field_forms/test_tus_phone.py", "server/actions/test_crash.py",
    "server/actions/test_drill.py", "server/actions/test_files_crash.py", "server/actions/test_restore_drill.py",
    "server/demo/test_make_run.py",
})  # fmt: skip
"""Pages of tests that take a phone or a server through days and accidents: before a push, not after each line."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(HERE).as_posix() in LONG:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def chromium_driver() -> Iterator[Any]:
    """Playwright, with the machine's own Chromium at `CHROMIUM`: one a process, since it stands no second beside it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this test process, started when the first test asks for it; skips where there is none."""
    try:
        with Cluster() as cluster:
            yield cluster
    except Unavailable as reason:
        pytest.skip(f"no PostgreSQL here: {reason}")


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh, empty database, gone after the test: postgresql+psycopg://..."""
    url = postgres_cluster.database()
    yield url
    postgres_cluster.drop(url)
