"""`POST /api/v1/enrol`: a code becomes a device."""

from __future__ import annotations

from flask import Response

from schemas import problem
from schemas.change import from_ms
from server.actions.enrol import EnrolmentRefused, enrol
from server.api import door, messages
from server.api.routes import call
from server.clock import now_ms
from server.problems import Refusal


@call(
    "POST", "/enrol",
    ("Tukarkan kode pendaftaran dengan perangkat dan tokennya.",
     "Turn an enrolment code into a device with a token of its own."),
    who="anyone", body=messages.Enrol(), answers=messages.Enrolled(), status=201,
    problems=(problem.ENROLMENT_REFUSED, problem.TOO_MANY, problem.INVALID),
)  # fmt: skip
def enrol_device() -> Response:
    asked, chosen = door.load(messages.Enrol()), door.settings()
    try:
        made = enrol(**asked, address=door.address(), settings=chosen, now=now_ms())
    except EnrolmentRefused:
        raise Refusal(problem.ENROLMENT_REFUSED) from None
    key_id, public = made.server_key or ("", "")
    return door.answer(
        {
            "device": made.device, "token": made.token, "officer": made.officer._asdict(), "epoch": made.epoch,
            "villages": [village._asdict() for village in made.villages], "acked": made.acked,
            "limits": {"max_changes": chosen.max_changes, "max_bytes": chosen.max_bytes},
            "server_key": {"id": key_id, "public": public}, "server_time": from_ms(now_ms()),
        },
        201,
    )  # fmt: skip
