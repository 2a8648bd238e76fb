"""What a record's row must hold, drawn from the log alone, and how it differs from what is stored.

Of a row the log decides all but what the server numbers: `version`, `position`, `sole`, `others_at`, and of an alias
the home, which is where its tombstone stands. Of these it is known what they can't be (`impossible`). `derived` is the
coverage job's. Of tombstones the log decides where one must stand and what it says; the position is the server's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas.change import canonical, loads
from schemas.kinds import kind_of
from server.actions.entering import ERASED, LINKED, MOVED
from server.db import Connection
from server.store import changes as log
from server.store.changes import Addressed
from server.store.records import RecordRow, link_of
from server.store.replaying import Tombstone, erased_ids, merged_among
from sync.held import advance, as_alias, first, hold
from sync.links import Joined, Link, group
from sync.merge import merge_record

JSON_COLUMNS = ("fields", "heads", "seen", "ahead", "conflicts")
PLAIN_COLUMNS = (
    "kind", "home", "carrier", "waiting_since", "created_at", "status_at", "erased", "incomplete", "nik", "refers",
)  # fmt: skip
LINKS = "link:"


class Links:
    """The links that stand by the log, and the records that they join.

    ever: ids that any link was ever about: their homes were drawn together for a while.
    """

    def __init__(self, connection: Connection) -> None:
        said, self.ever = [], set()
        for record, changes, _ in log.all_merged(connection, LINKS):
            state = merge_record(record, changes)
            if state.kind == "link" and not state.erased:
                a, b, same = link_of(hold(state))
                self.ever |= {a, b}
                if same:
                    said.append(Link(a, b, state.fields["same"].heads[0].dot))
        there = merged_among(connection, self.ever) - erased_ids(connection)
        self.standing = {link for link in said if link.a in there and link.b in there}
        self._groups = group((), sorted(self.standing))

    def members(self, record: str) -> frozenset[str]:
        """All ids that are one with this one."""
        return self._groups.get(record, frozenset({record}))

    def joined(self, record: str) -> Joined | None:
        members = self.members(record)
        return Joined(members, self.standing) if len(members) > 1 else None


def draw(addressed: Addressed, links: Links, together: Mapping[str, list[log.Change]]) -> RecordRow:
    """The row of a record as the log has it. together: the histories of the ids that it is joined with."""
    record, changes, _ = addressed
    joined = links.joined(record)
    if joined is None:
        return RecordRow(record, hold(merge_record(record, changes)))
    if record != joined.carrier:
        alone = hold(merge_record(record, changes))
        row = RecordRow(record, as_alias(alone, alone.home))
    else:
        history = [change for member in sorted(joined.members) for change in together[member]]
        row = RecordRow(record, hold(merge_record(record, history, joined)))
    row.carrier = joined.carrier
    return row


def differing(drawn: RecordRow, stored: Mapping[str, Any], least_version: int) -> list[str]:
    """The columns of the stored row that are not as the log has them, or can't be."""
    expected = drawn.columns()
    wrong = [name for name in JSON_COLUMNS if not _is_same_json(expected[name], stored[name])]
    wrong += [
        name for name in PLAIN_COLUMNS if expected[name] != stored[name] and not (name == "home" and drawn.is_alias)
    ]
    return wrong + list(_impossible(drawn, stored, least_version))


def _is_same_json(expected: str | None, stored: str | None) -> bool:
    if expected == stored:
        return True
    if not expected or not stored:
        return False
    try:
        return canonical(loads(expected)) == canonical(loads(stored))
    except ValueError:
        return False


def _impossible(drawn: RecordRow, stored: Mapping[str, Any], least_version: int) -> Iterator[str]:
    if stored["version"] < 1 or (not drawn.is_alias and stored["version"] < least_version):
        yield "version"
    if stored["position"] < 1:
        yield "position"
    if stored["sole"] is None:
        if stored["others_at"] != 0:
            yield "others_at"
    elif not 0 <= stored["others_at"] < stored["position"]:
        yield "others_at"


def sole_is_wrong(addressed: Addressed, stored: Mapping[str, Any]) -> bool:
    """The device that alone added what came last can only be the one that made the last version."""
    if stored["sole"] is None:
        return False
    made = dict(zip(addressed.versions, addressed.changes, strict=True))
    return made[max(made)].device != stored["sole"]


def wrong_tombstones(
    row: RecordRow, home: str, addressed: Addressed, links: Links, stored: Sequence[Tombstone]
) -> bool:
    """Whether a tombstone is missing, stands where it must not, or says something else.

    home: as it is stored, which of an alias is where its tombstone stands.
    """
    there = {stone.village: (stone.why, stone.into) for stone in stored}
    if row.held.erased:
        return there.get(home) != (ERASED, None)
    if row.is_alias:
        return there.get(home) != (LINKED, row.carrier)
    if home in there or any(said != (MOVED, home) for said in there.values()):
        return True
    return row.id not in links.ever and not former_homes(addressed) - {home} <= there.keys()


def former_homes(addressed: Addressed) -> set[str]:
    """Every village in which a record that was never joined has been at home, as its versions tell."""
    record, changes, versions = addressed
    named = {change.village for change in changes}
    kind = kind_of(changes[0].kind)
    if kind.home_field:
        named |= {
            change.fields[kind.home_field] for change in changes if change.fields and kind.home_field in change.fields
        }
    if len(named) == 1:
        return set()
    in_order = [change for _, change in sorted(zip(versions, changes, strict=True), key=lambda pair: pair[0])]
    held = first(in_order[0], kind)
    homes = {in_order[0].village, held.home}
    for count, change in enumerate(in_order[1:], 2):
        if not advance(held, change, kind):
            held = hold(merge_record(record, in_order[:count]))
        homes.add(held.home)
    return homes
