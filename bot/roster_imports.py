"""Bringing in a roster: kept until an admin applies it, applied once and in steps, then forgotten."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from bot import members, permissions, profiles
from bot.attributes import LISTS, MANAGER, STARTS_ON, Value
from bot.errors import Name, Refusal
from bot.permissions import Actor
from bot.rosters import Directory, Roster, Sheet, check
from bot.rosters.circles import untangle
from models.base import wait_to_hold
from models.profiles import CSV
from models.rosters import APPLIED, APPLYING, READY, RosterImport

STEP: Final = 500
"""People a transaction: nobody else who writes has to wait for longer than a fraction of a second."""
KEPT: Final = timedelta(days=1)
"""How long a roster waits to be applied."""
STALLED: Final = timedelta(minutes=1)
"""A step takes less than a second; after so long whoever applied a roster has been stopped."""

Said = tuple[str, Mapping[str, Value]]
"""A person's id, and what a roster says of them."""


class ImportGone(Refusal):
    """That roster is no longer there: I keep one for a day. Upload it again with `/growth import`."""


class AppliedBefore(Refusal):
    """{name} has applied that roster already, so I changed nothing."""


class BeingApplied(Refusal):
    """{name} is having a roster applied at this moment. Try again in a minute."""


@dataclass(frozen=True)
class Packed:
    """What a roster says, as it is kept, and of how many people."""

    content: bytes
    people: int


@dataclass(frozen=True)
class Applying:
    """A roster being applied: what it says, and of how many it has been applied."""

    workspace_id: str
    import_id: int
    said: tuple[Said, ...]
    applied: int
    circles: int
    """People whose manager was left out, because by now it would close a circle of reporting lines."""

    @property
    def is_done(self) -> bool:
        """Whether all of it has been applied."""
        return self.applied >= len(self.said)


def require_admin(session: Session, actor: Actor) -> None:
    """Raise NotAnAdmin unless the actor may bring in rosters."""
    permissions.require_admin(members.find(session, actor))


def compare(session: Session, actor: Actor, sheet: Sheet, directory: Directory) -> Roster:
    """Check a sheet against the workspace as it stands; raises NotAnAdmin."""
    require_admin(session, actor)
    standing, themselves = profiles.managers(session, actor.workspace_id)
    return check(sheet, directory, standing, own=themselves)


def pack(roster: Roster) -> Packed:
    """Write down what a roster says, to be kept; of a large one that takes longer than a transaction may."""
    return Packed(_written([(entry.user_id, entry.values) for entry in roster.entries]), len(roster.entries))


def keep(session: Session, actor: Actor, packed: Packed, *, at: datetime) -> int:
    """Keep a roster until somebody applies it, and give its number; `at` is machine time. Raises NotAnAdmin."""
    require_admin(session, actor)
    forget_old(session, at=at)
    kept = RosterImport(
        workspace_id=actor.workspace_id,
        uploaded_by=actor.user_id,
        state=READY,
        people=packed.people,
        content=packed.content,
        applied=0,
        touched_at=at,
    )
    session.add(kept)
    session.flush()
    return kept.id


def forget_old(session: Session, *, at: datetime) -> None:
    """Forget the rosters nobody applied in time, of all workspaces; `at` is machine time."""
    session.execute(RosterImport.older_than(at - KEPT))


def cancel(session: Session, actor: Actor, import_id: int) -> None:
    """Forget a roster that is not to be applied; one that is or was stays as it is. Raises NotAnAdmin."""
    require_admin(session, actor)
    kept = session.scalars(RosterImport.held(actor.workspace_id, import_id)).one_or_none()
    if kept is not None and kept.state == READY:
        session.delete(kept)


def begin(session: Session, actor: Actor, import_id: int, *, at: datetime) -> None:
    """Begin to apply a roster, or go on where somebody was stopped; `at` is machine time.

    Raises NotAnAdmin, ImportGone, AppliedBefore and BeingApplied.
    """
    require_admin(session, actor)
    wait_to_hold(session, f"rosters:{actor.workspace_id}")
    kept = session.scalars(RosterImport.held(actor.workspace_id, import_id)).one_or_none()
    if kept is None:
        raise ImportGone
    if kept.state == APPLIED:
        raise AppliedBefore(name=Name(kept.applied_by))
    for other in session.scalars(RosterImport.being_applied(actor.workspace_id)):
        if other.touched_at > at - STALLED:
            raise BeingApplied(name=Name(other.applied_by))
    kept.state, kept.applied_by, kept.touched_at = APPLYING, actor.user_id, at


def stalled(session: Session, actor: Actor, *, at: datetime) -> int | None:
    """Give the number of a roster that was being applied when something stopped it; `at` is machine time."""
    require_admin(session, actor)
    for kept in session.scalars(RosterImport.being_applied(actor.workspace_id)):
        if kept.touched_at <= at - STALLED:
            return kept.id
    return None


def load(session: Session, workspace_id: str, import_id: int) -> Applying:
    """Read what is to be applied, which locks nothing: of a large roster it takes a while. Raises ImportGone.

    Managers that would close a circle with what stands by now are left out: another roster may have come before.
    """
    kept = session.execute(RosterImport.said_in(workspace_id, import_id)).one_or_none()
    if kept is None or kept.content is None:
        raise ImportGone
    said = _read(kept.content)
    standing, themselves = profiles.managers(session, workspace_id)
    wanted: dict[str, str | None] = {
        user_id: str(values[MANAGER]) if values[MANAGER] else None
        for user_id, values in said
        if MANAGER in values and user_id not in themselves
    }
    refused = untangle(standing, wanted).refused
    return Applying(workspace_id, import_id, _without_managers(said, refused), kept.applied, len(refused))


def step(session: Session, applying: Applying, *, at: datetime) -> Applying:
    """Apply a roster to the next people of it, and say how far it is; raises ImportGone if another goes on with it."""
    kept = session.scalars(RosterImport.held(applying.workspace_id, applying.import_id)).one_or_none()
    if kept is None or kept.state != APPLYING or kept.applied != applying.applied:
        raise ImportGone
    until = min(applying.applied + STEP, len(applying.said))
    chosen = dict(applying.said[applying.applied : until])
    profiles.take_over(session, applying.workspace_id, chosen, source=CSV)
    kept.applied, kept.touched_at = until, at
    if until == len(applying.said):
        kept.state, kept.content = APPLIED, None
    return Applying(applying.workspace_id, applying.import_id, applying.said, until, applying.circles)


def _without_managers(said: Sequence[Said], people: Mapping[str, object]) -> tuple[Said, ...]:
    return tuple(
        (user_id, {field: value for field, value in values.items() if field != MANAGER})
        if user_id in people
        else (user_id, values)
        for user_id, values in said
    )


def _written(said: Sequence[Said]) -> bytes:
    rows = [[user_id, {field: _plain(value) for field, value in values.items()}] for user_id, values in said]
    return zlib.compress(json.dumps(rows, ensure_ascii=False).encode())


def _plain(value: Value) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _read(content: bytes) -> tuple[Said, ...]:
    rows = json.loads(zlib.decompress(content))
    return tuple(
        (user_id, {name: _value(name, each) for name, each in values.items()}) for user_id, values in rows
    )


def _value(field: str, written: Any) -> Value:
    if field in LISTS:
        return tuple(written)
    return date.fromisoformat(written) if field == STARTS_ON and written else written
