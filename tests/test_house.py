"""The house is built as its map says: who may import whom, and what the pages promise exists."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("schemas", "sync", "programme", "field_forms", "server")

# room: the rooms it may import
MAY_IMPORT = {
    "schemas": set(),
    "sync": {"schemas"},
    "programme": {"schemas"},
    "field_forms": {"schemas"},
    "server": {"schemas", "sync", "programme", "field_forms"},
}

# The law and the programme are handed the time, new ids and everything else they need: the same in, the same out.
WORLD = {
    "flask", "werkzeug", "sqlalchemy", "flask_sqlalchemy", "sqlite3", "sqlite_utils", "psycopg", "apscheduler",
    "os", "time", "random", "uuid", "secrets", "socket", "subprocess", "threading", "asyncio", "shutil", "tempfile",
    "urllib", "urllib3", "http", "requests", "logging", "structlog",
}  # fmt: skip
PURE = ("sync/", "programme/")
SMALL_DISK = "sync/device/"  # the one place of sync that meets the world
WORDS_DO_WITHOUT = {"flask", "sqlalchemy", "flask_sqlalchemy", "sqlite3", "sqlite_utils", "time", "random", "socket"}
CLOCKS = {"now", "utcnow", "today"}

# library: the only places of server and sync that may know it
ONLY_IN = {
    "sqlalchemy": ("server/db.py", "server/store/", "server/migrations/", "server/jobs/leader.py"),
    "flask_sqlalchemy": ("server/db.py", "server/store/", "server/migrations/"),
    "apscheduler": ("server/jobs/",),
    "sqlite_utils": ("sync/device/", "server/export/"),
    "pyhpke": ("sync/device/hpke.py",),
    "segno": ("server/cli/", "server/console/"),
    "pyotp": ("server/totp.py",),
    "splink": ("server/linkage/",),
    "duckdb": ("server/linkage/", "server/export/"),
    "pyspark": ("server/linkage/",),
    "openpyxl": ("server/imports/",),
    "xlsxwriter": ("server/export/",),
    "flask.request": ("server/api/", "server/console/", "server/openrosa/"),
}

# inside server the flow is one way: from the door, the desks and the clock to the verbs, from the verbs to the memory
DOORS = {"server.api", "server.console", "server.openrosa", "server.jobs", "server.cli", "server.demo"}
NOT_FROM = {"server/store/": DOORS | {"server.actions"}, "server/actions/": DOORS | {"flask"}}


def sources(*rooms: str) -> list[str]:
    found = (file.relative_to(ROOT) for room in rooms for file in (ROOT / room).rglob("*.py"))
    return sorted(file.as_posix() for file in found if "node_modules" not in file.parts)


@cache
def tree_of(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def imports(path: str, tree: ast.Module) -> Iterator[str]:
    """Yield the dotted name of all that `tree`, the module at `path`, imports; of `from a import b` both a and a.b."""
    package = Path(path).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "flask":
            yield f"flask.{node.attr}"


def is_under(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def trespasses(path: str, tree: ast.Module) -> set[str]:
    """Return what the module at `path` imports or asks, though the map does not allow it."""
    room, names = path.partition("/")[0], set(imports(path, tree))
    foreign = {other for other in OURS if other not in MAY_IMPORT[room] | {room}}
    if path.startswith(PURE) and not path.startswith(SMALL_DISK):
        foreign |= WORLD
    if room == "schemas":
        foreign |= WORDS_DO_WITHOUT
    foreign |= {library for library, places in ONLY_IN.items() if not path.startswith(places)}
    foreign |= {module for place, modules in NOT_FROM.items() if path.startswith(place) for module in modules}
    return {module for module in foreign if any(is_under(name, module) for name in names)} | clocks(path, tree)


def clocks(path: str, tree: ast.Module) -> set[str]:
    if path.startswith(SMALL_DISK) or not path.startswith((*PURE, "schemas/")):
        return set()
    asked = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {f"{func.attr}()" for func in asked if isinstance(func, ast.Attribute) and func.attr in CLOCKS}


@pytest.mark.parametrize("path", sources(*OURS))
def test_a_module_imports_only_what_the_map_allows(path):
    assert trespasses(path, tree_of(path)) == set()


@pytest.mark.parametrize(
    ("path", "code", "found"),
    [
        ("schemas/nik.py", "from sync.merge import merge_field", {"sync"}),
        ("schemas/nik.py", "from . import region", set()),
        ("sync/merge.py", "import server.db", {"server"}),
        ("sync/merge.py", "def late():\n    from time import time", {"time"}),
        ("sync/merge.py", "from datetime import datetime\ndatetime.now()", {"now()"}),
        ("sync/device/outbox.py", "import os, sqlite_utils, time", set()),
        ("sync/device/outbox.py", "import sqlalchemy", {"sqlalchemy"}),
        ("programme/coverage.py", "from datetime import date\ndate.today()", {"today()"}),
        ("programme/coverage.py", "from ..sync import merge", {"sync"}),
        ("server/actions/receive.py", "from flask import request", {"flask", "flask.request"}),
        ("server/actions/receive.py", "from server.api import sync", {"server.api"}),
        ("server/auth.py", "import flask\nflask.request", {"flask.request"}),
        ("server/api/sync.py", "from flask import Blueprint, request", set()),
        ("server/api/sync.py", "import sqlalchemy as sa", {"sqlalchemy"}),
        ("server/store/views.py", "from ..actions import receive", {"server.actions"}),
        ("server/cli.py", "from apscheduler.schedulers.background import BackgroundScheduler", {"apscheduler"}),
        ("field_forms/capture.py", "import sync", {"sync"}),
    ],
)
def test_a_trespass_is_seen(path, code, found):
    assert trespasses(path, ast.parse(code)) == found


def rooms() -> list[str]:
    return [room for room in (*OURS, "tests", "bench") if (ROOT / room).is_dir()]


@pytest.mark.parametrize("room", rooms())
def test_every_room_has_a_page_that_says_what_it_is_for(room):
    page = ROOT / room / "README.md"
    assert page.is_file() and len(page.read_text(encoding="utf-8")) > 200


def pages() -> list[Path]:
    return [page for page in [ROOT / "README.md", *(ROOT / room / "README.md" for room in rooms())] if page.is_file()]


def code_in(page: Path) -> list[str]:
    """Return what a page shows as something to type: indented and fenced lines, and what stands between backticks."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```.*?\n(.*?)^```", text, re.M | re.S)
    return [*"\n".join(fenced).splitlines(), *re.findall(r"^    (.*)$", text, re.M), *re.findall(r"`([^`\n]+)`", text)]


def named_in_pages(pattern: str) -> list[tuple[str, str]]:
    found = {
        (str(page.relative_to(ROOT)), name)
        for page in pages()
        for line in code_in(page)
        for name in re.findall(pattern, line)
    }
    return sorted(found)


def missing(names: list[tuple[str, str]], there: set[str]) -> list[tuple[str, str]]:
    return [(page, name) for page, name in names if name not in there]


def test_the_make_targets_that_the_pages_name_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = named_in_pages(r"(?:^|[ ;&$])make ([a-z][a-z-]*)")
    assert ("README.md", "run") in named and missing(named, targets) == []


def test_the_settings_that_the_pages_name_exist():
    config = ROOT / "server" / "config.py"
    if not config.is_file():
        pytest.skip("server/config.py is not built yet")
    known = {word.upper() for word in re.findall(r"\w+", config.read_text(encoding="utf-8"))}
    assert missing(named_in_pages(r"SAMBUNG_([A-Z][A-Z0-9_]*[A-Z0-9])"), known) == []


def test_the_commands_that_the_pages_name_exist():
    lines = [file.read_text(encoding="utf-8") for file in (ROOT / "server" / "cli").glob("*.py")]
    assert lines
    known = set(re.findall(r"[a-z]+", "\n".join(lines)))
    assert missing(named_in_pages(r"(?:^|[ ;&$])sambung ([a-z]+)"), known) == []


def kept_files() -> list[Path]:
    """Return the files of the repository, those not committed yet among them; without git, none."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [file for name in listed.stdout.split("\0") if name and (file := ROOT / name).is_file()]


# What would hold on one machine only: somebody's home, this checkout's own folder, the registry one of us uses.
# `/root/item` is where an XForm keeps the choices of a list.
OF_ONE_MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users)/\w+|(?<![\w.])/root/(?!item\b)\w"
    r"|https?://[\w.-]*(?:pypi|pythonhosted|npmjs|npm|debian)[\w.-]*/"
    + (rf"|{re.escape(str(ROOT))}\b" if len(ROOT.parts) > 2 else "")
)


def test_no_file_names_a_machine_or_a_registry():
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in kept_files()
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if OF_ONE_MACHINE.search(line)
    ]
    assert found == []


def test_what_is_locked_is_hashed_and_no_large_file_is_kept():
    for lock in (ROOT / "requirements").glob("*.txt"):
        entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
        assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert [str(file.relative_to(ROOT)) for file in kept_files() if file.stat().st_size > 400_000] == []
