"""Lists that lie on the server's disk: brought, matched and accepted by one command."""

from __future__ import annotations

import json
from pathlib import Path

from tests.server.actions.test_lists import MONTH_END, as_csv, contributions, village
from tests.server.cli.test_hand_carried import Sambung, sambung  # noqa: F401  a fixture
from tests.server.installation import Installation


def test_a_list_is_matched_and_what_is_safe_accepted_once(
    server: Installation, sambung: Sambung, tmp_path: Path  # noqa: F811
) -> None:
    village(server)
    file = tmp_path / "peserta.csv"
    file.write_bytes(as_csv(MONTH_END))
    asked = ("import", str(file), "--as", "members", "--within", "64.02", "--date", "2026-11-20", "--json")
    first = json.loads(sambung(*asked).stdout)
    assert first[0]["rows"] == {"safe": 2} and first[0]["written"] == {}
    accepted = json.loads(sambung(*asked, "--accept").stdout)
    assert accepted[0]["written"] == {"kpj": 2, "confirm": 1, "new": 1} and len(contributions(server)) == 2
    again = json.loads(sambung(*asked, "--accept").stdout)
    assert again[0]["rows"] == {"same": 2} and again[0]["written"] == {}


def test_a_list_without_its_columns_or_its_purpose_says_what_is_lacking(
    sambung: Sambung, tmp_path: Path  # noqa: F811
) -> None:
    file = tmp_path / "peserta.csv"
    file.write_bytes(as_csv([("6402115207909001", "Nur")], ("NIK", "Nama")))
    assert sambung("import", str(file)).returncode == 2
    lacking = sambung("import", str(file), "--as", "members", "--within", "64.02")
    assert lacking.returncode == 1 and "Bulan iuran; Jumlah iuran" in lacking.stderr
    unknown = sambung("import", str(file), "--as", "members", "--within", "99.99")
    assert unknown.returncode == 1 and "--within" in unknown.stderr
