"""`sambung audit verify`."""

from __future__ import annotations

import click

from server.actions.auditing import verify
from server.cli.talk import Trouble, as_json, installation, say, say_json


@click.group("audit")
def audit() -> None:
    """Catatan jejak: siapa melihat dan mengubah apa / The audit log: who looked at and changed what."""


@audit.command("verify")
@as_json
def verify_chain(json: bool) -> None:
    """Periksa seluruh rantai / Check the whole chain, and the log of changes that stands under it.

    It ends with exit code 1 where the chain breaks, and says where. It changes nothing.
    """
    with installation() as (_, settings):
        found = verify(settings)
    if json:
        say_json(found.told())
    if found.broken:
        raise Trouble(*found.broken.said())
    if not json:
        say(f"Rantai utuh / The chain holds: {found.entries} catatan / entries, {found.changes} perubahan / changes, "
            f"{found.anchors} jangkar / anchors; {found.head}")  # fmt: skip


COMMANDS = (audit,)
