"""Whether what is to be told about a round is still true and welcome at the moment of sending, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot import matching, pauses, prompts, round_facts, round_inputs
from bot import round_messages as messages
from bot.matching.results import NotAsked
from bot.members import hours_of, silent_until
from bot.outbox import Later, Never
from bot.permissions import Actor
from bot.programme_news import AWAY, not_now
from bot.recurrence import local_day
from bot.round_facts import (
    NAMED,
    Announcement,
    Buddy,
    Changed,
    Closing,
    HeadsUp,
    Introduction,
    LeftOut,
    Nobody,
    Parted,
    Preview,
    Silenced,
    TooFew,
)
from bot.round_seen import Seen
from bot.round_silence import SILENT
from bot.round_standing import Standing, with_people
from bot.round_steps import bound_in, unpacked
from bot.round_takers import Out, shut_out
from bot.round_times import NOTICE, meeting_times, suits_most
from bot.rounds import NotYourPairing, may_decline
from models.members import Member
from models.outbox import Delivery
from models.pacts import Pact
from models.programmes import GONE, IN, LEFT, MENTORING, Participant
from models.rounds import ANNOUNCED, MATCHED, MATCHING, MET, PREVIEWED, STANDING, Pairing, Round

Facts = (
    HeadsUp
    | Introduction
    | Closing
    | Announcement
    | Nobody
    | LeftOut
    | TooFew
    | Silenced
    | Parted
    | Preview
    | Changed
)
Verdict = Facts | Later | Never
LOOK_AGAIN: Final = timedelta(days=1)
"""Who is paused or away may be back sooner than they said."""
READ: Final = 400
"""More groups of a preview than fit into a message; reading thousands would keep the store from everybody else."""
UNDER_WAY: Final = (MATCHED,)
NEAR: Final = (ANNOUNCED, PREVIEWED, MATCHING)


def judge(session: Session, deliveries: Sequence[Delivery], *, now: datetime) -> Mapping[int, Verdict]:
    """Decide with today's data what becomes of each; more queries for a channel's parts and rounds with pacts alone."""
    seen = Seen.of(session, deliveries, now)
    near = [each for each in seen.rounds.values() if each.state in NEAR]
    seen.bound = bound_in(session, near, {each.receiver for each in deliveries}, now) if near else {}
    return {delivery.id: JUDGES[delivery.kind](seen, delivery) for delivery in deliveries}


def _to_one(seen: Seen, delivery: Delivery) -> Later | Never | None:
    """Find what forbids writing to one person now."""
    member = seen.receiver(delivery)
    if member is None or member.is_deactivated:
        return Never("deactivated")
    later = not_now(member, seen.now, delivery.expire_at)
    if later is None:
        return None
    return Later(min(later.until, seen.now + LOOK_AGAIN), later.reason)


def _heads_up(seen: Seen, delivery: Delivery) -> Verdict:
    buddy_round = seen.rounds.get(delivery.subject_id)
    if buddy_round is None or buddy_round.state not in NEAR or buddy_round.starts_at <= seen.now:
        return Never("it has begun, or was called off")
    programme = seen.programme_of(buddy_round)
    if buddy_round.number >= programme.next_number and buddy_round.on != programme.next_on:
        return Later(seen.now + LOOK_AGAIN, "it has moved since")
    part, member = seen.parts.get((programme.id, delivery.receiver)), seen.receiver(delivery)
    if part is None or member is None or part.skips == buddy_round.number:
        return Never(messages.NO_PART)
    if part.state_on(local_day(seen.now, member.zone)) != IN:
        back_at = pauses.back_at(part, member)
        is_in_time = back_at is not None and back_at < buddy_round.starts_at
        return Later(back_at, AWAY) if back_at is not None and is_in_time else Never(messages.NO_PART)
    opens = messages.heard_at(
        hours_of(member), messages.near_at(programme, buddy_round), buddy_round.starts_at
    )
    if seen.now < opens:
        return Later(opens, "it is not near yet")
    if shut_out(programme, part, member) is not None or member.user_id in seen.bound.get(buddy_round.id, ()):
        return Never(messages.NO_PART)
    hindrance = _to_one(seen, delivery)
    if hindrance is not None:
        return hindrance
    return HeadsUp(buddy_round.id, programme.channel, buddy_round.starts_at, member.zone)


def _introduction(seen: Seen, delivery: Delivery) -> Verdict:
    standing = seen.standing.get(delivery.subject_id)
    hindrance = _to_all(seen, standing, delivery)
    if hindrance is not None or standing is None:
        return hindrance or Never("the pairing is gone")
    if delivery.kind == messages.HALFWAY and standing.has_met:
        return Never("they have met")
    _note_sending(seen, standing, delivery)
    return introduced(seen, standing)


def _note_sending(seen: Seen, standing: Standing, delivery: Delivery) -> None:
    """Propose times from now on, in the working hours of now; and let the days to decline begin with being told."""
    pairing = standing.pairing
    team = [hours_of(seen.members[pairing.workspace_id, each]) for each in standing.people]
    times = meeting_times(team, seen.now + NOTICE, seen.rounds[pairing.round_id].ends_at)
    pairing.times = [each.isoformat() for each in times]
    if delivery.kind == messages.INTRODUCTION:
        pairing.made_at = seen.now


def _to_all(seen: Seen, standing: Standing | None, delivery: Delivery) -> Later | Never | None:
    """Find what forbids writing to all of a pairing now; one that lost somebody is marked, to be mended."""
    if standing is None or standing.pairing.state != STANDING:
        return Never("they are not together any more")
    buddy_round = seen.rounds[standing.pairing.round_id]
    if buddy_round.state not in UNDER_WAY:
        return Never("the round is over")
    team = [seen.members[delivery.workspace_id, each] for each in standing.people]
    if any(member.is_deactivated for member in team) or (
        delivery.kind == messages.INTRODUCTION and not _may_be_introduced(seen, standing, team)
    ):
        standing.pairing.is_broken = True
        return Never(messages.SOMEBODY_LEFT)
    if _is_split(seen, standing):
        return Never("they are not together any more")
    silent = [until for member in team if (until := silent_until(member, seen.now)) is not None]
    if silent and delivery.kind == messages.INTRODUCTION and max(silent) >= halfway_of(buddy_round):
        standing.pairing.is_broken = True
        return Never(messages.SOMEBODY_AWAY)
    if silent:
        return Later(min(*silent, seen.now + LOOK_AGAIN), "paused or away")
    opens = suits_most([hours_of(member) for member in team], seen.now)
    return Later(opens, "outside the hours they share") if opens > seen.now else None


def _may_be_introduced(seen: Seen, standing: Standing, team: Sequence[Member]) -> bool:
    """Whether all of a pairing still take part in the programme, and nobody has come to keep away from another."""
    buddy_round = seen.rounds[standing.pairing.round_id]
    parts = [(seen.parts.get((buddy_round.programme_id, each.user_id)), each) for each in team]
    are_in = all(
        part is not None and part.state_on(local_day(seen.now, member.zone)) == IN for part, member in parts
    )
    return are_in and not _are_apart(seen, standing)


def _are_apart(seen: Seen, standing: Standing) -> bool:
    return any(pair <= set(standing.people) for pair in seen.apart[standing.pairing.workspace_id])


def _is_split(seen: Seen, standing: Standing) -> bool:
    """Whether somebody left the others after they were introduced: they are not reminded of each other."""
    buddy_round = seen.rounds[standing.pairing.round_id]
    has_left = any(_has_left(seen, buddy_round, each) for each in standing.people)
    return has_left or _are_apart(seen, standing)


def _has_left(seen: Seen, buddy_round: Round, user_id: str) -> bool:
    part = seen.parts.get((buddy_round.programme_id, user_id))
    return part is None or part.state in (LEFT, GONE)


def halfway_of(buddy_round: Round) -> datetime:
    """Say when half of a round is over: who is away until then is not waited for."""
    return buddy_round.starts_at + (buddy_round.ends_at - buddy_round.starts_at) / 2


def introduced(seen: Seen, standing: Standing) -> Introduction:
    """Say of a pairing what its introduction does, with what is known of its people now."""
    pairing, known = standing.pairing, seen.known
    buddy_round = seen.rounds[pairing.round_id]
    programme = seen.programme_of(buddy_round)
    question = prompts.worded(pairing.question_id) if pairing.question_id else None
    times = [moment for each in pairing.times if (moment := datetime.fromisoformat(each)) > seen.now]
    return Introduction(
        pairing_id=pairing.id,
        channel=programme.channel,
        until=seen.until(buddy_round),
        zone=programme.zone,
        buddies=tuple(Buddy(each, known[pairing.workspace_id, each].department) for each in standing.people),
        reasons=round_facts.read(pairing.reasons),
        times=tuple(times),
        question=question.ask if question else None,
        mentor=standing.mentor,
        may_decline=may_decline(pairing, standing, seen.now),
        met=tuple(each for each, answer in sorted(standing.answers.items()) if answer == MET),
    )


def shown(session: Session, actor: Actor, pairing_id: int, *, now: datetime) -> Introduction:
    """Say of a pairing of the actor's what its introduction does now; raises NotYourPairing."""
    seen = Seen(session, [actor.workspace_id], (), now, pairings=[pairing_id])
    standing = seen.standing.get(pairing_id)
    if standing is None or actor.user_id not in standing.people:
        raise NotYourPairing
    return introduced(seen, standing)


def _closing(seen: Seen, delivery: Delivery) -> Verdict:
    standing = seen.standing.get(delivery.subject_id)
    if standing is None or standing.pairing.state != STANDING:
        return Never("they are not together any more")
    buddy_round = seen.rounds[standing.pairing.round_id]
    if buddy_round.state not in UNDER_WAY:
        return Never("the round is over")
    if standing.has_met or standing.answers.get(delivery.receiver) is not None:
        return Never("answered")
    if _has_left(seen, buddy_round, delivery.receiver):
        return Never("takes no part in it any more")
    hindrance = _to_one(seen, delivery)
    if hindrance is not None:
        return hindrance
    is_mentor = standing.mentor == delivery.receiver
    in_time = may_decline(standing.pairing, standing, seen.now)
    return Closing(
        standing.pairing.id,
        standing.others(delivery.receiver),
        seen.programme_of(buddy_round).channel,
        seen.until(buddy_round),
        may_decline=is_mentor and in_time,
        may_swap=in_time or not is_mentor,
    )


def _announcement(seen: Seen, delivery: Delivery) -> Verdict:
    buddy_round = seen.rounds.get(delivery.subject_id)
    if buddy_round is None or buddy_round.state not in UNDER_WAY or buddy_round.record is None:
        return Never("the round is over")
    programme = seen.programme_of(buddy_round)
    part, parts = messages.part_in(delivery.key), int(buddy_round.record["parts"])
    size = messages.GROUPS_A_MESSAGE
    last = None if part == parts else part * size
    shown = seen.session.scalars(Pairing.part(buddy_round.id, (part - 1) * size + 1, last)).all()
    unnamed = set(seen.session.scalars(Participant.unnamed_in(programme.id)))
    groups = tuple(each.people for each in with_people(seen.session, shown))
    left_out = 0
    if unnamed and part == parts:
        left_out = seen.session.scalars(Pairing.count_with(buddy_round.id, unnamed)).one()
    return Announcement(
        channel=programme.channel,
        groups=tuple(each for each in groups if unnamed.isdisjoint(each)),
        part=part,
        parts=parts,
        unnamed=left_out,
        count=int(buddy_round.record["people"]),
        next_on=seen.next_on(programme),
        is_mentoring=programme.mixing == MENTORING,
    )


def _left_over(seen: Seen, delivery: Delivery) -> Verdict:
    over = seen.over.get((delivery.subject_id, delivery.receiver))
    if over is None:
        return Never("they have a buddy by now")
    programme = seen.programme_of(seen.rounds[delivery.subject_id])
    why = NAMED[over.reason]() if over.reason in NAMED else None
    return _to_one(seen, delivery) or Nobody(programme.channel, why, seen.next_on(programme))


def _left_out(seen: Seen, delivery: Delivery) -> Verdict:
    programme = seen.programme_of(seen.rounds[delivery.subject_id])
    part, member = seen.parts.get((programme.id, delivery.receiver)), seen.receiver(delivery)
    out = shut_out(programme, part, member) if part is not None and member is not None else None
    if out is None:
        return Never("takes part again")
    return _to_one(seen, delivery) or LeftOut(programme.channel, out is Out.NO_ROLE, seen.next_on(programme))


def _too_few(seen: Seen, delivery: Delivery) -> Verdict:
    buddy_round = seen.rounds[delivery.subject_id]
    programme = seen.programme_of(buddy_round)
    count = int((buddy_round.record or {}).get("left_over", 0))
    are_in_pacts = seen.session.scalars(Pact.standing_in(programme.id).limit(1)).first() is not None
    if count == 0 and are_in_pacts:
        return Never("all go on together by pacts")
    facts = TooFew(
        channel=programme.channel,
        is_owner=delivery.receiver == programme.owner,
        count=count,
        next_on=seen.next_on(programme),
        are_in_pacts=are_in_pacts,
        is_mentoring=programme.mixing == MENTORING,
    )
    return _to_one(seen, delivery) or facts


def _silenced(seen: Seen, delivery: Delivery) -> Verdict:
    programme = seen.programmes.get(delivery.subject_id)
    part = seen.parts.get((delivery.subject_id, delivery.receiver))
    if programme is None or programme.ended_at is not None or part is None or part.paused_because != SILENT:
        return Never("they are not paused any more, or paused themselves since")
    return _to_one(seen, delivery) or Silenced(programme.channel, programme.id)


def _parted(seen: Seen, delivery: Delivery) -> Verdict:
    standing = seen.standing.get(delivery.subject_id)
    if standing is None:
        return Never("the pairing is gone")
    programme = seen.programme_of(seen.rounds[standing.pairing.round_id])
    others = standing.others(delivery.receiver)
    if delivery.kind == messages.REPLACED:
        return _to_one(seen, delivery) or _replaced(seen, standing, delivery.receiver)
    is_unreachable = delivery.kind == messages.UNREACHABLE
    if is_unreachable and standing.pairing.state != STANDING:
        return Never("they are not together any more")
    over = seen.over.get((standing.pairing.round_id, delivery.receiver))
    if not is_unreachable and over is None:
        return Never("they have a buddy by now")
    is_owed = over is not None and over.reason != NotAsked.__name__
    facts = Parted(programme.channel, others, is_unreachable, seen.next_on(programme) if is_owed else None)
    return _to_one(seen, delivery) or facts


def _replaced(seen: Seen, before: Standing, user_id: str) -> Parted:
    """Say whom somebody goes on with; who stays with them is not gone."""
    together = seen.beside.get((before.pairing.round_id, user_id), {})
    latest = max(together, default=0)
    present = tuple(together[latest]) if latest > before.pairing.id else ()
    gone = tuple(each for each in before.others(user_id) if each not in present)
    channel = seen.programme_of(seen.rounds[before.pairing.round_id]).channel
    return Parted(channel, gone, is_unreachable=False, next_on=None, now_with=present)


def _previewed(seen: Seen, delivery: Delivery) -> Verdict:
    buddy_round = seen.rounds[delivery.subject_id]
    if buddy_round.state != PREVIEWED or buddy_round.result is None:
        return Never("it has begun, or is matched anew")
    programme = seen.programme_of(buddy_round)
    if programme.owner != delivery.receiver:
        return Never("somebody else owns it now")
    result, more = matching.read_first(unpacked(buddy_round.result), READ)
    shown = round_inputs.remembering(seen.session, buddy_round, result.groups)
    return Preview(
        round_id=buddy_round.id,
        channel=programme.channel,
        starts_at=buddy_round.starts_at,
        zone=programme.zone,
        groups=tuple((group.members, group.reasons) for group in shown),
        left_over=tuple((each.person, each.why) for each in result.left_over),
        relaxations=result.relaxations,
        is_proven=result.is_proven,
        more=more,
    )


def _changed(seen: Seen, delivery: Delivery) -> Verdict:
    buddy_round = seen.rounds[delivery.subject_id]
    changes = buddy_round.record or {}
    gone, anew = tuple(changes.get("gone", ())), int(changes.get("anew", 0))
    channel = seen.programme_of(buddy_round).channel
    return _to_one(seen, delivery) or Changed(channel, gone, anew)


JUDGES: Final[Mapping[str, Callable[[Seen, Delivery], Verdict]]] = {
    messages.HEADS_UP: _heads_up,
    messages.INTRODUCTION: _introduction,
    messages.HALFWAY: _introduction,
    messages.CLOSING: _closing,
    messages.ANNOUNCEMENT: _announcement,
    messages.LEFT_OVER: _left_over,
    messages.LEFT_OUT: _left_out,
    messages.TOO_FEW: _too_few,
    messages.SILENCED: _silenced,
    messages.PARTED: _parted,
    messages.REPLACED: _parted,
    messages.UNREACHABLE: _parted,
    messages.PREVIEWED: _previewed,
    messages.CHANGED: _changed,
}
