"""`POST /api/v1/recover`: a phone whose PIN was forgotten opens its data again with an operator's code."""

from __future__ import annotations

from flask import Response

from schemas import problem
from server.actions.recovery import RecoveryRefused, recover
from server.api import door, messages
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal


@call(
    "POST", "/recover",
    ("Buka lagi data HP yang lupa PIN-nya, dengan kode dari operator.",
     "Open a phone's data again after its PIN was forgotten, with a code from the operator."),
    who="anyone", body=messages.Recover(), answers=messages.Recovered(),
    problems=(problem.RECOVERY_REFUSED, problem.TOO_MANY, problem.INVALID),
)  # fmt: skip
def recover_device() -> Response:
    asked = door.load(messages.Recover())
    try:
        key = recover(**asked, address=door.address(), settings=door.settings(), now=now_ms())
    except RecoveryRefused:
        raise Refusal(problem.RECOVERY_REFUSED) from None
    return door.answer({"key": key})
