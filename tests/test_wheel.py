"""The wheel is all that a server needs: the app, the forms, the regions and the migrations are in it; Node.js is not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
START_WITHIN_SECONDS = 60
NEEDED = (
    "field_forms/app/index.html", "field_forms/forms/worker.md", "server/store/regions.csv.gz",
    "schemas/occupations.toml", "programme/rules/coverage.toml", "server/api/templates/docs.html",
    "server/api/templates/unbuilt.html", "server/migrations/env.py",
)  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built of a copy of the sources, so that nothing is left among them."""
    if not (ROOT / "field_forms" / "app" / "index.html").is_file():
        pytest.skip("the app is not built; `make assets` builds it")
    sources, made = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("dist")
    ask = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, cwd=ROOT, capture_output=True)
    names = [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    built = [path.relative_to(ROOT).as_posix() for path in (ROOT / "field_forms" / "app").rglob("*") if path.is_file()]
    for name in [*names, *built, "server/store/regions.csv.gz", "server/store/regions.attribution.txt"]:
        if (ROOT / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            (sources / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(made), "."]
    done = subprocess.run(command, cwd=sources, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a venv with the wheel in it, which borrows the libraries of the one that the tests run in."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    place = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True
    ).stdout.strip()
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # After its own: what is installed editable where the tests run must not stand before the wheel.
    (Path(place) / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin"


def environment(folder: Path, bin_folder: Path) -> dict[str, str]:
    """Nothing of ours, and no Node.js to be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAMBUNG_", "PYTHON", "VIRTUAL"))}
    return kept | {"SAMBUNG_DATA_DIR": str(folder), "PATH": str(bin_folder)}


def test_all_that_is_no_python_is_in_the_wheel_and_nothing_that_is_not_needed(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in NEEDED if name not in names] == []
    assert [name for name in names if name.startswith(("tests/", "bench/")) or "node_modules" in name] == []
    assert [name for name in names if "/client/" in name] == []
    assert any(name.startswith("field_forms/app/assets/") and name.endswith(".js") for name in names)


def test_a_server_from_the_wheel_serves_the_app(installed: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "var", installed)
    made = subprocess.run([installed / "sambung", "init"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    with serving(installed, tmp_path, env) as url:
        page = urllib.request.urlopen(f"{url}/app/").read().decode()
        script = page.partition('src="')[2].partition('"')[0]
        assert script.startswith("/app/assets/")
        assert urllib.request.urlopen(url + script).headers["Cache-Control"].endswith("immutable")
        assert urllib.request.urlopen(f"{url}/app/sw.js").status == 200
    ask = [installed / "python", "-c", "import server; print(server.__file__)"]
    where = subprocess.run(ask, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert str(ROOT) not in where.stdout  # it was the wheel's


@contextmanager
def serving(bin_folder: Path, folder: Path, env: dict[str, str]) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [bin_folder / "sambung", "serve", "--port", str(port), "--no-scheduler"]
    node = subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + START_WITHIN_SECONDS
        while time.monotonic() < end and node.poll() is None:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        node.terminate()
        node.wait(20)
