"""What messages about rounds are judged by: rounds, pairings and people as they stand, read for a batch at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Final, Self

from sqlalchemy.orm import Session

from bot import exclusions, profiles
from bot import round_messages as messages
from bot.attributes import Attributes
from bot.recurrence import local_day
from bot.round_standing import with_people
from models import round_work
from models.members import Member
from models.outbox import Delivery
from models.programmes import Participant, Programme
from models.rounds import LeftOver, Pairing, Round


class Seen:
    """What a batch of messages is judged by, read with one query a table."""

    def __init__(
        self,
        session: Session,
        workspaces: Collection[str],
        receivers: Collection[str],
        now: datetime,
        *,
        pairings: Collection[int] = (),
        rounds: Collection[int] = (),
        programmes: Collection[int] = (),
    ) -> None:
        """Read what these rows are about, and those they are told to."""
        self.session, self.now = session, now
        found = session.scalars(Pairing.among(workspaces, pairings)).all()
        self.standing = {each.pairing.id: each for each in with_people(session, found)}
        all_rounds = {*rounds, *(each.round_id for each in found)}
        self.rounds = {each.id: each for each in session.scalars(Round.among(all_rounds))}
        theirs = {*programmes, *(each.programme_id for each in self.rounds.values())}
        self.programmes = {each.id: each for each in session.scalars(Programme.among(workspaces, theirs))}
        people = {each for each in receivers if each[:1] in ("U", "W")}
        people |= {who for each in self.standing.values() for who in each.people}
        known = session.scalars(Member.among(workspaces, people)) if people else ()
        self.members = {(each.workspace_id, each.user_id): each for each in known}
        parts = session.scalars(Participant.among(theirs, {*receivers, *people}))
        self.parts = {(each.programme_id, each.user_id): each for each in parts}
        self.apart = {each: exclusions.among(session, each, people) for each in workspaces if self.standing}
        """Which two are not to be put together, by workspace."""
        over = session.scalars(LeftOver.among(all_rounds, receivers))
        self.over = {(each.round_id, each.user_id): each for each in over}
        self.known = _known(session, workspaces, sorted(people))
        self.beside: dict[tuple[int, str], dict[int, list[str]]] = {}
        """With whom those are together who go on after their pairing ended, by round and id, and by pairing."""
        self.bound: dict[int, set[str]] = {}
        """Who goes on together by a pact instead of being in a round, by round."""

    @classmethod
    def of(cls, session: Session, deliveries: Sequence[Delivery], now: datetime) -> Self:
        """Read what a batch of messages is about; subjects are rounds, pairings or programmes, by kind."""
        ids: dict[str, set[int]] = {}
        for delivery in deliveries:
            ids.setdefault(SUBJECTS[delivery.kind], set()).add(delivery.subject_id)
        workspaces = {delivery.workspace_id for delivery in deliveries}
        seen = cls(session, workspaces, {delivery.receiver for delivery in deliveries}, now, **ids)
        replaced = {each.receiver for each in deliveries if each.kind == messages.REPLACED}
        asked = round_work.beside(seen.programmes, seen.rounds, replaced)
        for round_id, user_id, pairing_id, other in session.execute(asked) if replaced else ():
            seen.beside.setdefault((round_id, user_id), {}).setdefault(pairing_id, []).append(other)
        return seen

    def receiver(self, delivery: Delivery) -> Member | None:
        """Find to whom a message goes, if that is one person."""
        return self.members.get((delivery.workspace_id, delivery.receiver))

    def programme_of(self, buddy_round: Round) -> Programme:
        """Find a round's programme."""
        return self.programmes[buddy_round.programme_id]

    def next_on(self, programme: Programme) -> date | None:
        """Say on which day the next round is; None if there is none any more."""
        return None if programme.ended_at is not None else programme.next_on

    def until(self, buddy_round: Round) -> date:
        """Say on which day a round is over."""
        return local_day(buddy_round.ends_at, self.programme_of(buddy_round).zone)


def _known(
    session: Session, workspaces: Collection[str], people: Sequence[str]
) -> dict[tuple[str, str], Attributes]:
    """Read what is known of people; there is one workspace at a time in all but the largest installations."""
    return {
        (workspace_id, user_id): known
        for workspace_id in workspaces
        for user_id, known in profiles.of(session, workspace_id, people).items()
    }


ROUNDS, PAIRINGS, PROGRAMMES = "rounds", "pairings", "programmes"
SUBJECTS: Final = {
    messages.HEADS_UP: ROUNDS,
    messages.ANNOUNCEMENT: ROUNDS,
    messages.LEFT_OVER: ROUNDS,
    messages.LEFT_OUT: ROUNDS,
    messages.TOO_FEW: ROUNDS,
    messages.PREVIEWED: ROUNDS,
    messages.CHANGED: ROUNDS,
    messages.INTRODUCTION: PAIRINGS,
    messages.HALFWAY: PAIRINGS,
    messages.CLOSING: PAIRINGS,
    messages.PARTED: PAIRINGS,
    messages.REPLACED: PAIRINGS,
    messages.UNREACHABLE: PAIRINGS,
    messages.SILENCED: PROGRAMMES,
}
