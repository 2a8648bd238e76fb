"""What the parts of the story on the programme's desks may use: see `server.demo.chapters`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask

from server.config import Settings
from server.store.accounts import Account

if TYPE_CHECKING:
    from server.demo.story import Chapter


class Told(NamedTuple):
    """What a part may use. accounts: by name, `operator staf staf2 admin auditor pemantau juri1 juri2` among them.

    phones: village -> its phone, with the records of its workers. now: in ms. Everything goes through the desks' own
    actions, or through the door as a phone would.
    """

    app: Flask
    settings: Settings
    accounts: Mapping[str, Account]
    phones: Mapping[str, Chapter]
    today: date
    now: int
