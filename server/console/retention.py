"""The desk of the retention schedule: how long each kind of thing is kept, and whose record is to go now."""

from __future__ import annotations

from flask import Response, request

from server.actions import retention as acts
from server.console.door import Asking, ToDo, deed, desk, to_do

MOST_AT_ONCE = acts.AT_ONCE


@to_do
def retention_to_confirm(asking: Asking) -> ToDo | None:
    if not asking.may("administer"):
        return None
    count = acts.how_many(asking.scope)
    if not count:
        return None
    says = ("Pendaftaran yang masa simpannya habis.", "Registrations whose time has run out.")
    return ToDo(("Masa simpan", "Retention"), count, says, asking.url("retention"))


@desk("/retention", "see rights")
def retention(asking: Asking) -> Response:
    found = acts.waiting(asking.scope, request.args.get("after"))
    return asking.render(
        "retention.html", schedule=acts.schedule(), due=found.due, rules={rule.id: rule for rule in acts.schedule()},
        may_erase=asking.may("administer"), more=asking.url("retention", after=found.next) if found.next else None,
    )  # fmt: skip


@deed("/retention/erase", "administer")
def erase_due(asking: Asking) -> Response:
    """Those that were ticked go for good, as the law's erasure."""
    records = request.form.getlist("record")[:MOST_AT_ONCE]
    gone = acts.let_go(asking.scope, records, asking.account, asking.settings, asking.now)
    says = (f"{gone} catatan dihapus untuk selamanya.", f"{gone} records were erased for good.")
    return asking.done(says, asking.url("retention"))
