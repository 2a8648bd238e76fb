"""`sambung forms` and `sambung forms publish`."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.change import from_ms
from server.actions.forms import BadForm, newest_forms, publish_file
from server.cli.talk import Trouble, as_json, installation, say, say_json, say_rows
from server.clock import now_ms


@click.group("forms", invoke_without_command=True)
@as_json
@click.pass_context
def forms(context: click.Context, json: bool) -> None:
    """Formulir yang diterbitkan / What is published."""
    if context.invoked_subcommand:
        return
    with installation():
        found = [
            {"name": form.name, "version": form.version, "kind": form.kind, "does": form.does,
             "shipped": form.shipped, "published": from_ms(form.published_at)}
            for form in newest_forms()
        ]  # fmt: skip
    if json:
        say_json(found)
    else:
        say_rows(found, "name", "version", "kind", "does", "published")


@forms.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def publish(file: Path) -> None:
    """Terbitkan XLSForm (.xlsx, .md), baru atau versi baru / Publish an XLSForm, new or in a new version.

    Boleh diulang / harmless to repeat.
    """
    with installation():
        try:
            form = publish_file(file, now_ms())
        except BadForm as bad:
            raise Trouble(f"{file.name} tidak bisa diterbitkan.", str(bad)) from None
    say(f"{form.name}@{form.version}")


COMMANDS = (forms,)
