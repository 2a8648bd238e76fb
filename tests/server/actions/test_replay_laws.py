"""Whatever a village went through, a replay finds nothing wrong with it; and were all views lost, the log has them."""

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import delete

from server.actions.digest import digest
from server.actions.replay import replay
from server.clock import now_ms
from server.db import transaction
from server.store import tables as t
from tests.server.story import check
from tests.server.test_entering_laws import Village
from tests.server.valley import comparable


class Replayed(Village):
    """The village of phones, desks and busy neighbours; replayed after each step, and drawn anew at the end."""

    @invariant()
    def a_replay_finds_nothing(self):
        assert check(self.server) == []

    def nobody_misses_a_record(self):
        super().nobody_misses_a_record()
        with self.server.app.app_context():
            before = digest()
            with transaction() as connection:
                for view in (t.record, t.edge, t.gone, t.waiting):
                    connection.execute(delete(view))
            replay(self.server.settings, now_ms(), check=False)
            assert digest() == before
        assert check(self.server) == []
        for phone in self.phones:
            phone.catch_up()
            assert comparable(phone.copy).keys() == phone.told_anew().keys()


@pytest.mark.parametrize(("villages", "steps"), [(5, 30), pytest.param(200, 60, marks=pytest.mark.slow, id="many")])
def test_the_log_alone_draws_what_phones_and_desks_have_made(template, villages, steps):
    machine = type("Replayed", (Replayed,), {"template": template})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=villages, stateful_step_count=steps, deadline=None)
    )
