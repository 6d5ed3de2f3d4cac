"""What is known of members for matching: reading it, a person's own word on it, and what others brought in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy.orm import Session

from bot import members
from bot.attributes import (
    FIELDS,
    LANGUAGES,
    LISTS,
    MANAGER,
    NOTHING_KNOWN,
    SKILLS_OFFERED,
    SKILLS_WANTED,
    Attributes,
    Value,
)
from bot.errors import Name, Refusal
from bot.permissions import Actor
from models.bulk import insert_missing, rows_of, update_each
from models.profiles import CSV, SELF, SLACK, Profile

_RANKS: Final = {SLACK: 1, CSV: 2, SELF: 3}
"""A person's own word counts more than a roster, and that more than their Slack profile."""
_NOBODYS: Final[Mapping[str, str]] = {}


class OwnManager(Refusal):
    """You cannot be your own manager. Pick the person you report to, or nobody."""


class AppManager(Refusal):
    """{name} is an app, not a person. Pick the person you report to."""


@dataclass(frozen=True)
class Own:
    """What is known of a person, and by field who said so: `self`, `csv` or `slack`."""

    attributes: Attributes
    sources: Mapping[str, str]


def of(session: Session, workspace_id: str, user_ids: Collection[str]) -> dict[str, Attributes]:
    """Give what is known of these people, keyed by id, in one query; of whom nothing is known is in it too."""
    known = {row.user_id: _attributes(row) for row in rows_of(session, Profile.among(workspace_id, user_ids))}
    return {user_id: known.get(user_id, NOTHING_KNOWN) for user_id in user_ids}


def own(session: Session, actor: Actor) -> Own:
    """Give what is known of the actor, and who said it."""
    for row in rows_of(session, Profile.among(actor.workspace_id, [actor.user_id])):
        return Own(_attributes(row), row.sources)
    return Own(NOTHING_KNOWN, _NOBODYS)


def save(session: Session, actor: Actor, changes: Mapping[str, Value]) -> Own:
    """Take the actor's own word on some fields; nothing said there counts as well, and stays so.

    Raises OwnManager, NobodyThere and AppManager.
    """
    manager = changes.get(MANAGER)
    if isinstance(manager, str):
        _require_manager(session, actor, manager)
    take_over(session, actor.workspace_id, {actor.user_id: changes}, source=SELF)
    return own(session, actor)


def _require_manager(session: Session, actor: Actor, manager: str) -> None:
    if manager == actor.user_id:
        raise OwnManager(field=MANAGER)
    member = members.known(session, actor.workspace_id, [manager]).get(manager)
    if member is None:
        raise members.NobodyThere(field=MANAGER)
    if not member.is_person:
        raise AppManager(field=MANAGER, name=Name(manager))


def managers(session: Session, workspace_id: str) -> tuple[dict[str, str | None], frozenset[str]]:
    """Say who is whose manager in a workspace, and who said so themselves."""
    rows = rows_of(session, Profile.managers_in(workspace_id))
    themselves = frozenset(row.user_id for row in rows if row.sources.get(MANAGER) == SELF)
    return {row.user_id: row.manager for row in rows}, themselves


def take_over(
    session: Session, workspace_id: str, said: Mapping[str, Mapping[str, Value]], *, source: str
) -> None:
    """Take over what a source says of members, keyed by id, unless one that counts more has said something.

    Three statements however many there are; all of them must be members.
    """
    new = [{"workspace_id": workspace_id, "user_id": user_id, **_blank()} for user_id in sorted(said)]
    insert_missing(session, Profile, new)
    rows = []
    for row in session.execute(Profile.held(workspace_id, list(said))):
        changed = _changed(row, said[row.user_id], source)
        if changed is not None:
            rows.append({"workspace_id": workspace_id, "user_id": row.user_id, **changed})
    update_each(session, Profile, rows, known_by=("workspace_id", "user_id"))


def looked_at(session: Session, workspace_id: str, user_ids: Collection[str], *, at: datetime) -> None:
    """Keep when (machine time) the profiles in Slack of these people were read."""
    session.execute(Profile.looked_at_now(workspace_id, user_ids, at))


def to_look_at(session: Session, workspace_id: str, *, limit: int) -> list[str]:
    """Name the people whose profiles in Slack are to be read next."""
    return list(session.scalars(Profile.least_lately_looked_at(workspace_id, limit)))


def _blank() -> dict[str, Any]:
    return {**{field: [] if field in LISTS else None for field in FIELDS}, "sources": {}}


def _changed(row: Any, said: Mapping[str, Value], source: str) -> dict[str, Any] | None:
    """Give all columns of a row as they are from now on, None if nothing changes."""
    standing = {field: getattr(row, field) for field in FIELDS} | {"sources": row.sources}
    columns, sources = dict(standing), dict(row.sources)
    for field, value in said.items():
        if _RANKS.get(sources.get(field, ""), 0) > _RANKS[source]:
            continue
        columns[field] = list(cast("tuple[str, ...]", value or ())) if field in LISTS else value
        sources[field] = source
        if source == SLACK and not value:
            # An empty field in Slack says nothing: what it said before goes, and nobody's word holds the place.
            del sources[field]
    columns["sources"] = sources
    return columns if columns != standing else None


def _attributes(row: Any) -> Attributes:
    skills = {field: tuple(getattr(row, field)) for field in (SKILLS_OFFERED, SKILLS_WANTED, LANGUAGES)}
    return Attributes(row.department, row.manager, row.location, row.starts_on, **skills)
