"""The merge again, slow and obvious, written from section 4 of the protocol alone.

It shares nothing with `sync`: of a change it reads the fields and no more, the policies are copied from section 9,
and everything is compared with everything. What the law says is held against what stands here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.change import Change

REVIEW = {
    "worker": {
        "nik", "kk_number", "full_name", "birth_date", "sex", "mother_name", "village", "kpj", "heirs", "consent",
        "status",
    },
    "contribution": {"worker", "months", "programs", "amount", "funding", "paid_on"},
    "claim": {"worker", "program", "event", "event_date", "outcome", "amount", "decided_on", "paid_on",
              "refused_for", "refusal", "children"},
    "eligible": {"workers", "source", "method", "as_of"},
    "target": {"workers", "rate", "source", "set_on"},
    "scenario": {"title", "year", "state", "ranking"},
    "budget": {
        "scenario", "title", "funding", "first_month", "last_month", "people", "programs", "income", "amount",
        "document",
    },
    "ranking": {"title", "state", "valid_from", "weights", "deciles_up_to", "age_from", "age_below", "legal_basis"},
    "decree": {
        "number", "title", "state", "signed_on", "revoked_on", "funding", "budget", "first_month",
        "last_month", "programs", "people", "ranking",
    },
    "beneficiary": {"worker", "decree", "rank", "score", "because", "removed_on", "removed_why"},
    "profile": {
        "remoteness", "signal", "electricity", "travel_hours", "apparatus", "village_budget", "source",
        "as_of",
    },
    "cycle": {"title", "state", "first_month", "last_month", "frozen_on", "goals", "conclusions", "closed_on"},
    "finding": {
        "cycle", "about", "visit", "indicator", "text", "recommendation", "responsible", "due", "state",
        "follow_up", "followed_up_on",
    },
    "meeting": {"cycle", "title", "date", "place", "agenda", "attendance", "attendees", "minutes", "decisions"},
    "feedback": {
        "by", "who", "date", "theme", "text", "state", "answer", "answered_on", "escalated_to", "escalated_on",
    },
    "solution": {"title", "theme", "challenge", "what_worked", "outcome", "place", "feedback", "published"},
    "award": {
        "title", "first_month", "last_month", "state", "criteria", "version", "published_on", "frozen_on",
        "winners_a_band", "run", "lifts", "places", "seal", "sealed_on", "released_on", "prize", "released_amount",
    },
    "panel": {"award", "village", "judge", "scores", "note"},
    "duty": {
        "duty", "institution", "half", "state", "document", "dated", "amount", "people", "evidence",
        "responsible",
    },
    "agreement": {
        "title", "form", "number", "parties", "subject", "signed_on", "starts_on", "ends_on", "state",
        "renewed_by", "responsible",
    },
}  # fmt: skip
UNION = {"worker": {"programs"}, "claim": {"documents"}}
GREATEST = {"contribution": {"confirmed", "confirmed_on"}, "claim": {"status"}}
CLAIM_GOES = ["reported", "incomplete", "submitted", "decided", "paid", "handed_over", "closed"]

Link = tuple[str, str, str, int]  # two record ids, and device and seq of the change by which they are joined


def policy(kind: str, field: str) -> str:
    for name, table in (("review", REVIEW), ("union", UNION), ("greatest", GREATEST)):
        if field in table.get(kind, ()):
            return name
    return "latest"


def is_desk(device: str) -> bool:
    return device.startswith("hq")


def claims(a: Change, device: str, seq: int) -> bool:
    """Whether a's author says, or is understood, to have had that change before him."""
    if device == a.device and not is_desk(device):
        return seq < a.seq
    return seq <= a.seen.get(device, 0)


def one_with(record: str, links: Iterable[Link]) -> set[str]:
    """The ids that a chain of links connects with this one, itself too."""
    links, reached = list(links), {record}
    for _ in links:
        for a, b, *_ in links:
            if a in reached or b in reached:
                reached |= {a, b}
    return reached


def has_seen(a: Change, b: Change, links: Collection[Link]) -> bool:
    """Across ids only with links, among those that stand now and a's author had seen, that make the two one."""
    if not claims(a, b.device, b.seq):
        return False
    return b.record in one_with(a.record, [link for link in links if claims(a, link[2], link[3])])


def truly_seen(a: Change, b: Change, links: Collection[Link]) -> bool:
    """Two changes that claim to have seen each other have not."""
    return has_seen(a, b, links) and not has_seen(b, a, links)


def heads_of(field: str, changes: Collection[Change], links: Collection[Link]) -> list[Change]:
    setters = [change for change in changes if change.fields is not None and field in change.fields]
    heads = [b for b in setters if not any(truly_seen(a, b, links) for a in setters)]
    return heads if heads else setters


def same_value(a: Any, b: Any) -> bool:
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def rank(kind: str, field: str, value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    return (1, CLAIM_GOES.index(value) if (kind, field) == ("claim", "status") else value)


def field_of(kind: str, field: str, heads: list[Change]) -> dict[str, Any]:
    """value, heads (the one that stands first), and whether a person must look."""

    def value(head: Change) -> Any:
        return head.fields[field]

    def latest_first(head: Change) -> Any:
        return (head.effective, head.device, head.seq)

    rule = policy(kind, field)
    differ = any(not same_value(value(heads[0]), value(other)) for other in heads)
    if rule == "review":
        desks = sorted((h for h in heads if is_desk(h.device)), key=latest_first)
        officers = sorted((h for h in heads if not is_desk(h.device)), key=latest_first)
        order = desks + officers
    else:
        order = sorted(heads, key=latest_first, reverse=True)
    stands = value(order[0])
    if differ and rule == "union":
        stands = sorted({member for head in heads for member in (value(head) or [])})
    if differ and rule == "greatest":
        stands = max((value(head) for head in order), key=lambda v: rank(kind, field, v))
    return {"value": stands, "heads": order, "review": differ and rule == "review"}


def moment(ms: int) -> str:
    text = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def creating_changes(record: str, changes: Collection[Change]) -> list[Change]:
    """The accepted changes of the device that created the record: whose id it bears, or else who was first."""
    addressed = [change for change in changes if change.record == record]
    own = [change for change in addressed if record.startswith(change.device + "-")]
    if own:
        return own
    first = min(addressed, key=lambda change: (change.effective, change.device, change.seq))
    return [change for change in addressed if change.device == first.device]


def home_of(record: str, kind: str, fields: dict[str, dict[str, Any]], changes: Collection[Change]) -> str:
    if kind == "worker" and "village" in fields and fields["village"]["value"]:
        return fields["village"]["value"]
    if kind == "eligible" and record.startswith("eligible:"):
        return record.split(":")[1]
    return min(creating_changes(record, changes), key=lambda change: change.seq).village


def state_of(record: str, changes: Collection[Change], links: Collection[Link] = ()) -> dict[str, Any]:
    """What a record holds; with links, what it carries of all that are one with it.

    changes: all accepted ones, of whatever records; repeats are welcome. links: those that stand now.
    """
    members = one_with(record, links)
    links = [link for link in links if link[0] in members]
    ours = list({(change.device, change.seq): change for change in changes if change.record in members}.values())
    kind = ours[0].kind
    names = {name for change in ours for name in (change.fields or {})}
    fields = {name: field_of(kind, name, heads_of(name, ours, links)) for name in names}
    made_of = [(change.device, change.seq) for change in ours] + [(device, seq) for _, _, device, seq in links]
    return {
        "kind": kind,
        "home": home_of(record, kind, fields, ours),
        "erased": any(change.fields is None for change in ours),
        "fields": {name: fields[name]["value"] for name in fields},
        "heads": {name: sorted([h.device, h.seq] for h in fields[name]["heads"]) for name in fields},
        "seen": {device: max(seq for other, seq in made_of if other == device) for device, _ in made_of},
        "conflicts": {
            name: [
                {"value": h.fields[name], "by": h.device, "at": moment(h.effective)} for h in fields[name]["heads"]
            ]
            for name in fields
            if fields[name]["review"]
        },
        "waiting_since": min(
            (sorted(h.received for h in fields[name]["heads"])[1] for name in fields if fields[name]["review"]),
            default=None,
        ),
    }  # fmt: skip


def standing_links(changes: Collection[Change]) -> list[Link]:
    """The links that stand, by the changes to the links' own records. A record that is not here joins nothing."""
    links: list[Link] = []
    here = {change.record for change in changes}
    erased = {change.record for change in changes if change.fields is None}
    for record in sorted({change.record for change in changes if change.kind == "link"} - erased):
        ours = [change for change in changes if change.record == record]
        same = field_of("link", "same", heads_of("same", ours, ()))
        one, other = record.removeprefix("link:").split(":")
        if same["value"] and {one, other} <= here and not {one, other} & erased:
            links.append((one, other, *same["heads"][0][:2]))
    return links


def world(changes: Collection[Change]) -> dict[str, Any]:
    """Everything that a set of accepted changes adds up to: record -> its state, or the id that carries it."""
    links = standing_links(changes)
    told: dict[str, Any] = {}
    for record in sorted({change.record for change in changes}):
        carrier = min(one_with(record, links))
        told[record] = state_of(record, changes, links) if carrier == record else carrier
    return told
