"""A village at work for the desks of conflicts and corrections: two phones of one village, and who sits at the console."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from schemas.change import from_ms
from server.clock import now_ms
from tests.server.console.world import Sitting
from tests.server.installation import VILLAGE, WORKER, Installation, Phone

REGENCY, OTHER_REGENCY = "64.02", "64.03"
HOUR_MS = 60 * 60 * 1000


class Village:
    """Siti and Budi, who each have a phone of the same village; new people as they are asked for."""

    def __init__(self, server: Installation) -> None:
        self.server = server
        self.siti, self.budi = server.enrolled(VILLAGE), server.enrolled(VILLAGE, officer="Budi Santoso")
        self._serials = count(9001)
        self.operator = Sitting(server, "operator", REGENCY)

    def registered(self, **fields: Any) -> str:
        """A new worker, whom Siti has registered and both phones know."""
        worker = WORKER | {"nik": f"640211520790{next(self._serials)}"} | fields
        answer = self.siti.sync(self.siti.change(None, worker, at=ago(30)))
        assert answer["results"][0]["status"] == "merged"
        record = f"{self.siti.id}-{self.siti.seq}"
        self.budi.sync()
        return record

    def differ(self, record: str, siti: Mapping[str, Any], budi: Mapping[str, Any], **more: Any) -> None:
        """Each writes without having seen the other."""
        seen = {self.siti.id: self.siti.seq}
        self.siti.sync(self.siti.change(record, siti, at=ago(5), **more))
        self.budi.sync(self.budi.change(record, budi, at=ago(3), seen=seen, **more))

    def wrong(self, phone: Phone, **fields: Any) -> tuple[str, int]:
        """A change that is quarantined."""
        answer = phone.sync(phone.change(None, WORKER | fields))
        assert answer["results"][0]["status"] == "quarantined"
        return phone.id, phone.seq

    def told(self, phone: Phone, record: str) -> dict[str, Any] | None:
        """The record as the phone is told of it, if it is told anything new."""
        return next((each for each in phone.sync()["records"] if each["record"] == record), None)


def ago(hours: int) -> str:
    return from_ms(now_ms() - hours * HOUR_MS)


def form(html: str, action: str) -> dict[str, str]:
    """The hidden fields and the chosen ones of the form that posts to an address, as a browser would send them."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}[^"]*"[^>]*>(.*?)</form>', html, re.DOTALL)
    assert found, f"no form posts to {action}"
    sent = {}
    for tag in re.findall(r"<input[^>]*>", found[1]):
        said = dict(re.findall(r'(\w[\w-]*)="([^"]*)"', tag))
        if said.get("type") not in ("radio", "checkbox") or " checked" in tag:
            sent[said["name"]] = said.get("value", "").replace("&#34;", '"')
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', found[1], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def keys(html: str, field: str) -> list[str]:
    """What the heads of a field are called in the form, in the order in which they are shown."""
    return [key for key in re.findall(rf'name="choose\.{field}" value="([^"]*)"', html) if key != "typed"]
