"""`sambung user`: whoever runs the server looks after the accounts, also when nobody can sign in any more."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import select

from server.db import transaction
from server.store import desk_tables as d
from server.store import tables as t
from tests.server.cli.test_commands import assert_one_line, sambung  # noqa: F401
from tests.server.installation import Installation

PASSWORD = "sungai Mahakam 7"


def sign_in(server: Installation, name: str, password: str = PASSWORD) -> Any:
    return server.app.test_client().post("/console/entrance", data={"name": name, "password": password})


def test_the_machines_administrator_looks_after_accounts(server: Installation, sambung: Any) -> None:  # noqa: F811
    for name, role in (("rina", "admin"), ("tono", "operator")):
        assert sambung("user", "add", name, "--role", role, "--region", "64.02", typed=PASSWORD).returncode == 0
    sambung("user", "add", "baru", "--role", "viewer", "--region", "id", "--must-change", typed=PASSWORD)
    assert sign_in(server, "rina").headers["Location"] == "/console/"
    told = {each["name"]: each for each in json.loads(sambung("user", "list", "--json").stdout)}
    assert told.keys() == {"rina", "tono", "baru"} and told["rina"]["last_sign_in"] and not told["tono"]["last_sign_in"]
    assert [told[name]["must_change"] for name in ("rina", "tono", "baru")] == [False, False, True]

    fresh = re.fullmatch(r"tono: ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})\n", sambung("user", "reset", "tono").stdout)
    assert fresh and sign_in(server, "tono").status_code == 401 and sign_in(server, "tono", fresh[1]).status_code == 303
    with server.app.app_context(), transaction() as connection:
        connection.execute(t.account.update().where(t.account.c.name == "rina").values(sealed_totp=b"x" * 60))
    assert "second-factor" in sign_in(server, "rina").headers["Location"]
    assert sambung("user", "no-second-factor", "rina").returncode == 0
    assert sign_in(server, "rina").headers["Location"] == "/console/"
    assert sambung("user", "close", "rina").returncode == 0 and sign_in(server, "rina").status_code == 401
    assert "rina" in sambung("user", "list").stdout
    for words in (("close", "rina"), ("reset", "rina"), ("no-second-factor", "siapa")):
        assert_one_line(sambung("user", *words), "sambung user list")
    with server.reading() as connection:
        noted = connection.execute(select(d.audit.c.who, d.audit.c.about).where(d.audit.c.act == "account")).all()
    assert {who for who, _ in noted} == {"machine"} and PASSWORD not in str(noted) and len(noted) == 6
