"""Many rows at once."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import sqlite

from server.store import changes, devices, records
from tests.server.installation import Installation

QUESTIONS = {
    "which records are here": (records._BY_ID, ("[]",)),
    "what was merged into records": (changes._HISTORIES, ("[]", "merged", "merged")),
    "what a device sent before": (changes._HASHES, ("x", "[]")),
    "which records the law erased": (records._ERASED, ("[]",)),
    "what is joined with a record": (records._JOINED, ("[]",)),
    "who calls": (devices._BY_TOKEN, (1, b"x")),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_sync_asks_about_a_few_records_is_looked_up_and_never_searched_for(server: Installation, question):
    query, given = QUESTIONS[question]
    with server.reading() as connection:
        sql = "EXPLAIN QUERY PLAN " + str(query.compile(dialect=sqlite.dialect()))
        plan = [row[3] for row in connection.exec_driver_sql(sql, given)]
    assert any(step.startswith("SEARCH") for step in plan)
    assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step]
