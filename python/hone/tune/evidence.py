# SPDX-License-Identifier: Apache-2.0
"""What the engine says of a tuned run (its report, see compiled.py), put into the rows of the outcome."""

from __future__ import annotations

import marshal
from collections import defaultdict
from typing import Any

from hone.tune import plan
from hone.tune.outcome import Compared, Outcome, Row

Entry = dict[str, Any]


def take_report(outcome: Outcome, data: bytes, selection: set[plan.Key]) -> list[plan.Key]:
    """Fill in the rows; the functions of the selection that were compiled."""
    if not data:
        for row in outcome.rows:
            row.state, row.reason = "unknown", "the tuned run left no report"
        return []
    entries, missing, refused, _ = marshal.loads(data)
    by_key = {key_of(entry): entry for entry in entries}
    users = _users(entries)
    for row in outcome.rows:
        key = row.function.key
        why = missing or refused.get(key) or "its code never passed through hone"
        _fill(row, by_key.get(key), why, users.get(key, set()))
    outcome.compile_seconds = sum(entry["compile_seconds"] for entry in entries)
    return [
        key for key, entry in by_key.items() if entry["state"] == "compiled" and key in selection
    ]


def memory_taken(report: bytes) -> int:
    """What hone itself took of the run's memory."""
    return int(marshal.loads(report)[3]) if report else 0


def key_of(entry: Entry) -> plan.Key:
    return entry["filename"], entry["qualname"], entry["firstlineno"]


def users_of(entries: list[Entry], key: plan.Key) -> set[str]:
    return _users(entries).get(key, set())


def _users(entries: list[Entry]) -> dict[plan.Key, set[str]]:
    """Which compiled functions contain an inlined one."""
    users: dict[plan.Key, set[str]] = defaultdict(set)
    for entry in entries:
        for key in entry["inlined"]:
            users[tuple(key)].add(entry["qualname"])
    return users


def _fill(row: Row, entry: Entry | None, why_none: str, users: set[str]) -> None:
    if entry is None:
        row.state, row.reason = "interpreted", why_none
        return
    row.state, row.reason = entry["state"], entry["reason"]
    row.compile_seconds = entry["compile_seconds"]
    row.compared = Compared(**(entry["compared"] or {}))
    if row.state == "cold" and users:
        row.state, row.reason = "inlined", "into " + ", ".join(sorted(users))
        row.gain_note = "counted there"
    elif row.state == "cold":
        calls = entry["calls"]
        row.reason = (
            f"called {calls:,} times: too rarely to be compiled"
            if calls
            else "its loops never ran long enough to be entered"
        )
    entries = entry["loop_entries"]
    if row.state == "compiled" and entries and row.compared.verdict is None:
        row.compared.not_compared["it is entered at its loops, in the middle of a call"] = entries


def differing(outcome: Outcome) -> list[str]:
    """Sentences for the functions whose compiled calls were not equal."""
    return [
        f"{row.function.name}: of {row.compared.equal + row.compared.different} calls compared "
        f"{row.compared.different} differ, first {row.compared.first_difference}"
        for row in outcome.rows
        if row.compared.different
    ]
