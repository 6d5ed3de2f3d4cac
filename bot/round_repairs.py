"""Putting people together anew within a round: after a swap, a mentor's no, or when somebody is not there any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import combinations
from typing import Final

from sqlalchemy.orm import Session

from bot import exclusions, matching, outbox, round_inputs, round_pacts, round_results
from bot import round_messages as messages
from bot.matching import Found, Group
from bot.matching.results import NobodyFree, NotAsked
from bot.members import hours_of
from bot.round_results import known
from bot.round_standing import Standing, with_people
from bot.round_steps import free_takers, hold
from bot.round_takers import Out, Taker, takers
from bot.round_times import can_meet
from models import round_work
from models.outbox import CANCELLED, DOUBTFUL, READY, SENDING, SENT, Delivery
from models.programmes import MENTEE, MENTOR, MENTORING, Participant, Programme
from models.rounds import DECLINED, DISSOLVED, MET, LeftOver, Pairing, Partner, Round

NOBODY_FREE: Final = NobodyFree.__name__
NOT_ASKED: Final = NotAsked.__name__
PAIR: Final = 2


class Board:
    """A round as it stands while it is mended: who is where, and who is free.

    It is read with the store's writer waiting, so of thousands only those are who could be put together now.
    """

    def __init__(self, session: Session, programme: Programme, buddy_round: Round, now: datetime) -> None:
        """Look at it; the round is held by whoever asks."""
        self._session, self._programme, self._round, self._now = session, programme, buddy_round, now
        self._takers: dict[str, Taker | None] = {}
        self.is_late = False
        """Whether somebody was free who would have heard of it too late to meet before the round is over."""

    def _present(self, user_ids: Collection[str]) -> dict[str, Taker]:
        """Find who of these can be matched now; each is looked up once."""
        unknown = [each for each in user_ids if each not in self._takers]
        if unknown:
            self._takers |= dict.fromkeys(unknown)
            number = self._round.number
            found = free_takers(self._session, self._programme, number, self._now, among=unknown)
            self._takers |= {each.member.user_id: each for each in found}
        return {each: taker for each in user_ids if (taker := self._takers[each]) is not None}

    def dissolve(self, pairing: Pairing, *, leaving: Collection[str]) -> None:
        """End a pairing; those who are left in it stay together, if they are two or more, else find somebody.

        They hear that it ended, unless nothing was said of it yet; who is away, when they are back.
        """
        self._end(pairing)
        (before,) = with_people(self._session, [pairing])
        heard = self._heard(before)
        present = self._present(before.people)
        staying = [each for each in before.people if each not in leaving and each in present]
        placed = self._placed_anew(staying, before, pairing)
        for user_id in placed:
            if user_id in heard:
                self.tell(messages.REPLACED, user_id, pairing)
        for user_id in self._away(before.people, leaving):
            if user_id in heard:
                self.leave_over(user_id, pairing)

    def _heard(self, before: Standing) -> set[str]:
        """Name who of a pairing has read of it: all in the introduction, or each that Slack refused it."""
        pairing = before.pairing
        if _is_out(self._introduction(pairing)):
            return set(before.people)
        workspace_id = self._round.workspace_id
        keys = {
            each: messages.key_to_one(messages.UNREACHABLE, self._round, each, pairing.place)
            for each in before.people
        }
        sent = {each: self._session.scalar(Delivery.keyed(workspace_id, key)) for each, key in keys.items()}
        return {each for each, delivery in sent.items() if _is_out(delivery)}

    def _away(self, people: Collection[str], leaving: Collection[str]) -> list[str]:
        """Name those who take part but cannot be put together with anybody now, as they are away or want silence."""
        out = takers(self._session, self._programme, self._round.number, self._now, among=people).out
        return [each for each in people if out.get(each) in (Out.AWAY, Out.SILENT) and each not in leaving]

    def _placed_anew(self, staying: Sequence[str], before: Standing, pairing: Pairing) -> list[str]:
        """Put together anew who is left of a pairing, and tell the others; gives whom that placed."""
        together = self._group_of(self._bearing(staying))
        if together is not None:
            self._take_along(before, self._put_together(together))
        placed = list(together.members) if together is not None else []
        for user_id in staying:
            if user_id in placed:
                continue
            if self.find_somebody(user_id, besides=frozenset(before.people)):
                placed.append(user_id)
            else:
                self.leave_over(user_id, pairing)
        return placed

    def _take_along(self, before: Standing, pairing: Pairing) -> None:
        """Keep of those who stay together who said that they met: they are not asked again, but may go on together."""
        said = {
            each.user_id: each for each in self._session.scalars(Partner.of_pairings([before.pairing.id]))
        }
        staying = self._session.scalars(Partner.of_pairings([pairing.id])).all()
        met = [each for each in staying if said[each.user_id].answer == MET]
        for partner in met:
            partner.answer, partner.answered_at = MET, said[partner.user_id].answered_at
        if met:
            people = [each.user_id for each in staying]
            round_pacts.offer(self._session, self._programme, pairing, people, now=self._now)

    def are_apart(self, user_ids: Collection[str]) -> bool:
        """Whether two of these are not to be put together."""
        return bool(exclusions.among(self._session, self._round.workspace_id, user_ids))

    def _bearing(self, members: Sequence[str]) -> tuple[str, ...]:
        """Choose as many of them as can be none of whom keeps away from another; groups are small."""
        apart = exclusions.among(self._session, self._round.workspace_id, members)
        choices = (each for count in range(len(members), 0, -1) for each in combinations(members, count))
        return next((each for each in choices if not any(pair <= set(each) for pair in apart)), ())

    def _end(self, pairing: Pairing) -> None:
        pairing.state, pairing.is_broken = DISSOLVED, False
        outbox.cancel(
            self._session,
            pairing.workspace_id,
            [messages.INTRODUCTION, messages.HALFWAY, messages.CLOSING],
            [pairing.id],
            reason="they are not together any more",
        )

    def _group_of(self, members: Sequence[str]) -> Group | None:
        """Keep those together who are left of a larger group; whether two may be, and why, is found out anew."""
        if len(members) < PAIR:
            return None
        if len(members) > PAIR:
            return Group(tuple(sorted(members)), (), 0)
        found = self._search(members[0], [members[1]], besides=frozenset(), again=True)
        return found.group if found is not None else None

    def find_somebody(
        self, user_id: str, *, besides: frozenset[str], instead_of: Pairing | None = None
    ) -> tuple[str, ...] | None:
        """Put somebody together with who fits best of those who are free; gives whom, or None if nobody does.

        Nobody does for whom is together with somebody already, but in the pairing this one is to take the place of.
        """
        taker = self.taker(user_id)
        if taker is None or not self._has_place(taker, instead_of):
            return None
        if self._programme.mixing == MENTORING:
            found = self._search_mentoring(user_id, besides)
        else:
            found = self._search(user_id, self._in_time(user_id, self.free(), besides), besides=besides)
        if found is None:
            return None
        self._put_together(found.group)
        return tuple(each for each in found.group.members if each != user_id)

    def _together(self, user_ids: Collection[str]) -> list[tuple[int, str]]:
        """Read who of these stands in which pairing of the round."""
        asked = round_work.together(self._programme.id, self._round.id, user_ids)
        return [(pairing_id, who) for pairing_id, who in self._session.execute(asked)]

    def _has_place(self, taker: Taker, instead_of: Pairing | None) -> bool:
        """Whether somebody is together with nobody yet, or is a mentor who takes one more mentee."""
        part = taker.participant
        standing = self._together([part.user_id])
        taken = sum(instead_of is None or pairing_id != instead_of.id for pairing_id, _ in standing)
        is_mentor = self._programme.mixing == MENTORING and part.role == MENTOR
        return taken < (part.capacity if is_mentor else 1)

    def _in_time(self, user_id: str, others: Sequence[str], besides: Collection[str]) -> list[str]:
        """Choose of some, but for these, with whom somebody is introduced in time to meet before the round is over."""
        team = self._present([user_id, *others])
        wanted = [each for each in others if each in team and each not in {user_id, *besides}]
        mine = hours_of(team[user_id].member)
        until = self._round.ends_at
        chosen = [each for each in wanted if can_meet([mine, hours_of(team[each].member)], self._now, until)]
        self.is_late |= len(chosen) < len(wanted)
        return chosen

    def _search(
        self, user_id: str, others: Sequence[str], *, besides: frozenset[str], again: bool = False
    ) -> Found | None:
        person, *rest = self._people([user_id, *(each for each in others if each != user_id)])
        number = self._round.number
        met = round_inputs.history_of(self._session, self._programme, number, user_id, with_now=again)
        rules = round_inputs.rules_of(self._programme)
        seed = self._round.seed
        earlier = frozenset[str]() if again else self._met_now(user_id)
        return matching.find_partner(person, rest, met, rules, seed, besides=besides | earlier)

    def _search_mentoring(self, user_id: str, besides: frozenset[str]) -> Found | None:
        """Find a mentor for a mentee; for a mentor, a mentee who is left over."""
        taker = self.taker(user_id)
        if taker is not None and taker.participant.role == MENTOR:
            return next(
                (
                    found
                    for mentee in self._in_time(user_id, self.free(), besides)
                    if self._present([mentee])[mentee].participant.role == MENTEE
                    if (found := self._search(mentee, [user_id], besides=frozenset())) is not None
                ),
                None,
            )
        return self._search_mentor(user_id, besides)

    def _search_mentor(self, user_id: str, besides: frozenset[str]) -> Found | None:
        session, buddy_round = self._session, self._round
        mentors = session.scalars(round_work.mentors_with_room(self._programme.id, buddy_round.id)).all()
        mentee, *rest = self._people([user_id, *self._in_time(user_id, mentors, besides)])
        kept = [Group((mentor,), (), 0) for _, mentor in self._together(mentors)]
        met = round_inputs.history_of(session, self._programme, buddy_round.number, user_id)
        rules = round_inputs.rules_of(self._programme)
        declined = besides | self._met_now(user_id)
        return matching.next_mentor(mentee, rest, kept, met, rules, buddy_round.seed, declined=declined)

    def _met_now(self, user_id: str) -> frozenset[str]:
        """Name those a person was together with in this very round: they do not come again in it."""
        earlier = self._session.execute(Partner.history_of(self._programme.id, user_id))
        return frozenset(
            other for number, _, other in earlier if number == self._round.number and other != user_id
        )

    def free(self) -> list[str]:
        """Name those who could be in the round and are together with nobody, also those who came after it began."""
        alone = round_work.without_partner(self._programme.id, self._round.id, self._round.number)
        return list(self._present(self._session.scalars(alone).all()))

    def _people(self, user_ids: Sequence[str]) -> list[matching.Person]:
        chosen = self._present(user_ids).values()
        return round_inputs.people(self._session, self._programme, chosen, self._round.on)

    def taker(self, user_id: str) -> Taker | None:
        """Find somebody who can be matched now."""
        return self._present([user_id]).get(user_id)

    def _put_together(self, group: Group) -> Pairing:
        """Make a pairing; who was left over before is not so any more."""
        session, buddy_round = self._session, self._round
        place = (session.scalar(Pairing.last_place(buddy_round.id)) or 0) + 1
        (planned,) = round_results.plan(session, buddy_round, [group], self._now)
        made = round_results.add_pairings(
            session, self._programme, buddy_round, {place: planned}, now=self._now
        )
        pairing = session.get_one(Pairing, made[place])
        standing = with_people(session, [pairing])
        outbox.enqueue(session, round_results.introductions(session, buddy_round, standing, self._now))
        session.execute(LeftOver.placed(buddy_round.id, group.members))
        for participant in session.scalars(Participant.those(self._programme.id, group.members)):
            if participant.left_over_in == buddy_round.number:
                participant.left_over_in = None
        return pairing

    def leave_over(self, user_id: str, pairing: Pairing) -> None:
        """Tell somebody that nobody else is free, and let them come first next time."""
        session, buddy_round = self._session, self._round
        row = {"round_id": buddy_round.id, "user_id": user_id, "workspace_id": buddy_round.workspace_id}
        is_mentoring = self._programme.mixing == MENTORING  # else roles are of another time
        for participant in session.scalars(Participant.those(self._programme.id, [user_id])):
            reason = NOT_ASKED if is_mentoring and participant.role == MENTOR else NOBODY_FREE
            session.merge(LeftOver(**row, reason=reason))
            participant.left_over_in = buddy_round.number
        self.tell(messages.PARTED, user_id, pairing)

    def introduce_after_all(self, pairing: Pairing) -> None:
        """Have a pairing introduced whose introduction was taken back for somebody who is there again.

        One that an operator took back stays so; one that Slack may have is looked up there first.
        """
        introduction = self._introduction(pairing)
        if introduction is None or introduction.state != CANCELLED:
            return
        if introduction.reason in messages.TAKEN_BACK_FOR_SOMEBODY:
            introduction.state = READY if introduction.doubt_since is None else DOUBTFUL
            introduction.reason, introduction.retry_at = None, None

    def _introduction(self, pairing: Pairing) -> Delivery | None:
        key = messages.key_of(messages.INTRODUCTION, self._round, pairing)
        return self._session.scalar(Delivery.keyed(self._round.workspace_id, key))

    def tell(self, kind: str, user_id: str, pairing: Pairing) -> None:
        """Tell somebody what became of their pairing."""
        member = known(self._session, self._round.workspace_id, [user_id])[user_id]
        message = messages.to_member(
            kind, self._round, member, pairing.id, pairing.place, now=self._now, until=self._round.ends_at
        )
        outbox.enqueue(self._session, [message])


def _is_out(delivery: Delivery | None) -> bool:
    """Whether a message has been sent, or may have been."""
    return delivery is not None and delivery.state in (SENDING, DOUBTFUL, SENT)


def declines(session: Session, pairing: Pairing, mentor: str) -> None:
    """Keep that a mentor declined."""
    for partner in session.scalars(Partner.of_pairings([pairing.id])):
        if partner.user_id == mentor:
            partner.answer = DECLINED


def mend(
    session: Session, round_id: int, pairing_id: int, now: datetime, *, unknown: Collection[str] = ()
) -> bool:
    """Mend a pairing in which somebody is not there any more, or with whom Slack opens no conversation.

    Whom Slack does not know is gone from the programme as well. False if somebody else has.
    """
    held = hold(session, round_id)
    pairing = session.scalar(Pairing.locked(pairing_id).execution_options(populate_existing=True))
    if held is None or pairing is None or not pairing.is_broken:
        return False
    if unknown:
        session.execute(Participant.gone(held[0].id, unknown))
    board = Board(session, *held, now)
    (before,) = with_people(session, [pairing])
    is_incomplete = any(board.taker(each) is None for each in before.people)
    if is_incomplete or board.are_apart(before.people):
        board.dissolve(pairing, leaving=())
        return True
    pairing.is_broken = False
    if pairing.broken_because is not None:
        for user_id in before.people:
            board.tell(messages.UNREACHABLE, user_id, pairing)
    else:
        board.introduce_after_all(pairing)
    return True


def refused(session: Session, pairing_ids: Collection[int], reason: str) -> None:
    """Mark pairings with whom Slack opens no conversation, to be mended."""
    for pairing_id in pairing_ids:
        pairing = session.get(Pairing, pairing_id)
        if pairing is not None and pairing.state != DISSOLVED:
            pairing.is_broken, pairing.broken_because = True, reason
