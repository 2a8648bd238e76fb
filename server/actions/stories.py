"""What a record is made of: all its changes, and what its authors had before them."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.change import Change
from schemas.kinds import Kind
from server.db import Connection
from server.store import changes as log
from server.store import records
from server.store.records import RecordRow
from sync.links import Joined
from sync.merge import FieldState, HasSeen, field_as_seen, merge_field


class Story:
    """All merged changes of a record, and of all that it is joined with, by their dots."""

    def __init__(self, kind: Kind, changes: list[Change], has_seen: HasSeen) -> None:
        self.kind, self.has_seen = kind, has_seen
        self.changes = {change.dot: change for change in changes}

    @classmethod
    def read(cls, connection: Connection, row: RecordRow) -> Story:
        """row: of a joined record that of its carrier."""
        members = sorted(records.joined_with(connection, [row.carrier])) if row.carrier else [row.id]
        histories = log.histories(connection, members)
        changes = [change for member in members for change in histories[member]]
        joined = Joined(members, records.links_among(connection, members)) if row.carrier else None
        return cls(row.kind, changes, joined.has_seen if joined else Change.has_seen)

    def setting(self, field: str) -> list[Change]:
        """Those that set the field, in the order in which they came in."""
        found = [change for change in self.changes.values() if field in (change.fields or ())]
        return sorted(found, key=lambda change: (change.received, change.device, change.seq))

    def standing(self, field: str) -> FieldState:
        return merge_field(self.setting(field), field, self.kind, self.has_seen)

    def seen_by(self, author: Change, field: str) -> FieldState | None:
        """What the author of a change had before him in a field; None: nothing."""
        return field_as_seen(self.changes.values(), author, field, self.kind, self.has_seen)

    def decided_by(self, change: Change) -> Iterator[str]:
        """The fields in which a change chose between values that differed."""
        for field in change.fields or ():
            before = self.seen_by(change, field)
            if before is not None and before.in_conflict:
                yield field
