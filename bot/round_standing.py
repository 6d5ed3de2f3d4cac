"""Pairings that stand, with who is in them and what they said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.programmes import MENTOR
from models.rounds import MET, Pairing, Partner


@dataclass(frozen=True)
class Standing:
    """A pairing and its people."""

    pairing: Pairing
    answers: Mapping[str, str | None]
    """What each of its people said, by id."""
    mentor: str | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Their ids, sorted."""
        return tuple(sorted(self.answers))

    @property
    def has_met(self) -> bool:
        """Whether one of them said so."""
        return MET in self.answers.values()

    def others(self, user_id: str) -> tuple[str, ...]:
        """Their ids, but for one's own."""
        return tuple(each for each in self.people if each != user_id)


def standing_in(session: Session, round_ids: Collection[int]) -> list[Standing]:
    """Read the pairings of rounds that stand, by round and place; two queries."""
    return with_people(session, session.scalars(Pairing.standing_in(round_ids)).all())


def with_people(session: Session, pairings: Collection[Pairing]) -> list[Standing]:
    """Read who is in these pairings; one query."""
    answers: dict[int, dict[str, str | None]] = {}
    mentors: dict[int, str] = {}
    for partner in session.scalars(Partner.of_pairings([each.id for each in pairings])):
        answers.setdefault(partner.pairing_id, {})[partner.user_id] = partner.answer
        if partner.role == MENTOR:
            mentors[partner.pairing_id] = partner.user_id
    return [Standing(each, answers.get(each.id, {}), mentors.get(each.id)) for each in pairings]
