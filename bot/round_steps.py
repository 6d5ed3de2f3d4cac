"""The steps of a round: heads-up, start, half-way, closing, end; each a transaction that takes effect once.

Whoever takes one holds the programme first and then the round, so that two workers wait for each other and no more.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot import matching, outbox, programme_news, programmes, round_inputs, round_pacts
from bot import round_messages as messages
from bot.enrolments import Taker, end_pause, takers
from bot.programme_rhythms import Coming
from bot.recurrence import local_day, place
from bot.round_results import known
from bot.round_silence import closes_at, settle, settle_earlier
from bot.round_standing import standing_in
from bot.round_times import halfway_on
from models.members import Member
from models.outbox import Delivery
from models.programmes import Participant, Programme
from models.rounds import ANNOUNCED, CANCELLED, CLOSED, MATCHED, MATCHING, PREVIEW, PREVIEWED, Round

FEWEST = 2
NEWEST = 3
"""Among so many rounds is the one that is matched now."""


def announce(session: Session, programme_id: int, now: datetime) -> bool:
    """Write the round whose heads-up is due and tell all who take part; False if somebody else has, or nothing is."""
    programme = session.scalar(Programme.due_one(programme_id, now))
    if programme is None:
        return False
    due = programmes.step(programme, now)
    if due is None:
        return True
    settle_earlier(session, programme, due.number, now)
    buddy_round = written(session, programme, due)
    told = [
        messages.heads_up(buddy_round, taker.member, now)
        for taker in free_takers(session, programme, due.number, now)
    ]
    outbox.enqueue(session, told)
    return True


def put_off_heads_up(session: Session, programme_id: int, until: datetime) -> bool:
    """Take the step of a programme later, as nobody knows who is in its channel; False, as none was taken."""
    for programme in session.scalars(Programme.due_one(programme_id, until)):
        programme.next_fire_at = until
    return False


def put_off(session: Session, round_id: int, until: datetime) -> bool:
    """Take the step of a round later; False, as none was taken."""
    held = hold(session, round_id)
    if held is not None and held[1].state in (ANNOUNCED, PREVIEWED, MATCHED):
        held[1].next_fire_at = until
    return False


def written(session: Session, programme: Programme, coming: Coming) -> Round:
    """Give the row of a round to come: the one a preview was made of, if there is one, else a new one."""
    buddy_round = session.scalar(Round.numbered(programme.id, coming.number).with_for_update())
    if buddy_round is None:
        buddy_round = Round(
            workspace_id=programme.workspace_id, programme_id=programme.id, number=coming.number, seed=0
        )
        _place(buddy_round, programme, coming)
        session.add(buddy_round)
        session.flush()
        draw(buddy_round)
    _place(buddy_round, programme, coming)
    return buddy_round


def _place(buddy_round: Round, programme: Programme, coming: Coming) -> None:
    buddy_round.at, buddy_round.zone = programme.at, programme.zone
    buddy_round.on, buddy_round.starts_at, buddy_round.ends_at = coming.on, coming.starts_at, coming.ends_at
    buddy_round.next_fire_at = coming.starts_at


def draw(buddy_round: Round) -> None:
    """Give a round its seed, or the next one if it has had one: a row's id and a count, so anybody draws the same."""
    chance = random.Random(buddy_round.id)
    for _ in range(1 + (buddy_round.drawn or 0)):
        buddy_round.seed = chance.getrandbits(62)
    buddy_round.drawn = 1 + (buddy_round.drawn or 0)


def hold(session: Session, round_id: int) -> tuple[Programme, Round] | None:
    """Hold a round's programme and then the round, against every other step of theirs."""
    seen = session.get(Round, round_id)
    if seen is None:
        return None
    programme = session.scalars(Programme.locked(seen.workspace_id, seen.programme_id)).one()
    locked = Round.locked(round_id).execution_options(populate_existing=True)
    return programme, session.scalars(locked).one()


def take(session: Session, round_id: int, now: datetime) -> bool:
    """Take the step of a round that is due; False if somebody else has."""
    held = hold(session, round_id)
    if held is None or held[1].next_fire_at > now:
        return False
    programme, buddy_round = held
    if buddy_round.state in (ANNOUNCED, PREVIEWED):
        _begin(session, programme, buddy_round, now)
        return True
    if buddy_round.state == MATCHED:
        follow_up(session, programme, buddy_round, now)
        return True
    return False


def _begin(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> None:
    """Let a round be matched, with all that goes in as it stands now; or call it off."""
    if buddy_round.number >= programme.next_number:
        # A preview was made of it, but nobody was told yet that it is near.
        buddy_round.next_fire_at = programmes.coming(programme).starts_at
        return
    is_over = programme.ended_at is not None or programme.held_because is not None
    if is_over or now >= buddy_round.ends_at:
        buddy_round.state = CANCELLED
        _tell_of_none(session, programme, buddy_round, now)
        return
    settle_earlier(session, programme, buddy_round.number, now)
    present = free_takers(session, programme, buddy_round.number, now)
    if len(present) < FEWEST:
        _call_off(session, programme, buddy_round, [each.member for each in present], now)
        return
    if buddy_round.result is None:
        keep_input(session, programme, buddy_round, present)
    buddy_round.state, buddy_round.wanted = MATCHING, None
    buddy_round.worker, buddy_round.lease_until = None, None


def _tell_of_none(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> None:
    """Tell those who heard of a round that there is none; nobody else waits for it."""
    taking_part = session.scalars(Participant.of_programme(programme.id)).all()
    keys = [messages.about(buddy_round, "heads_up", each.user_id) for each in taking_part]
    heard = session.scalars(Delivery.who_got(programme.workspace_id, keys)).all()
    people = known(session, programme.workspace_id, heard)
    programme_news.call_off(session, programme, buddy_round.id, list(people.values()), now=now)


def keep_input(session: Session, programme: Programme, buddy_round: Round, present: Sequence[Taker]) -> None:
    """Keep all that goes into a round's matching, as it stands now."""
    people = tuple(round_inputs.people(session, programme, present, buddy_round.on))
    met = round_inputs.history(session, programme, buddy_round.number)
    given = matching.Round(people, met, round_inputs.rules_of(programme), buddy_round.seed)
    buddy_round.snapshot = packed(matching.snapshot(given))
    buddy_round.done, buddy_round.of = 0, len(present)


def progress(session: Session, programme: Programme) -> tuple[int, int] | None:
    """Say how far the matching of a programme's round has come, or that of a preview: done, of how much."""
    newest = session.scalars(Round.of_programme(programme.id).limit(NEWEST)).all()
    matched_now = (each for each in newest if each.state == MATCHING or each.wanted == PREVIEW)
    return next(((each.done, each.of) for each in matched_now if each.of), None)


def packed(text: str) -> bytes:
    """Keep a long text short."""
    return zlib.compress(text.encode())


def unpacked(kept: bytes) -> str:
    """Read what was kept short."""
    return zlib.decompress(kept).decode()


def free_takers(session: Session, programme: Programme, number: int, now: datetime) -> list[Taker]:
    """Give those who can be matched now: who takes part, but for those who agreed to stay together.

    Whose partner in a pact does not take part any more is free again.
    """
    present = takers(session, programme, number, now).present
    ids = {each.member.user_id for each in present}
    pacts = [set(pact.people) for pact in round_pacts.standing_in(session, programme, now)]
    together = {who for people in pacts if people <= ids for who in people}
    for each in present:
        end_pause(each.participant)  # takers found it over: from here on they count as anybody does
    return [each for each in present if each.member.user_id not in together]


def _call_off(
    session: Session, programme: Programme, buddy_round: Round, present: Sequence[Member], now: datetime
) -> None:
    """Leave out a round for which there are not two people, and say so to the owner and to the one."""
    buddy_round.state, buddy_round.wanted = CANCELLED, None
    buddy_round.record = {"people": 0, "groups": 0, "left_over": len(present), "relaxations": []}
    owner = session.get_one(Member, (programme.workspace_id, programme.owner))
    people = {each.user_id: each for each in (owner, *present)}
    told = [
        messages.to_member(
            messages.TOO_FEW, buddy_round, each, buddy_round.id, now=now, until=buddy_round.ends_at
        )
        for each in people.values()
    ]
    outbox.enqueue(session, told)


def follow_up(session: Session, programme: Programme, buddy_round: Round, now: datetime) -> None:
    """Take the last step that is due of a round under way; what an outage took is not caught up on."""
    halfway_at, closing_at = moments(programme, buddy_round)
    if now >= buddy_round.ends_at:
        settle(session, programme, buddy_round, now)
        buddy_round.state = CLOSED
        return
    if now >= closing_at:
        _ask_all(session, buddy_round, now)
    elif halfway_at is not None and now >= halfway_at:
        _remind_all(session, buddy_round, closing_at, now)
    buddy_round.next_fire_at = next_step(programme, buddy_round, now)


def moments(programme: Programme, buddy_round: Round) -> tuple[datetime | None, datetime]:
    """Say when those in a round are reminded, and when they are asked what became of it (UTC)."""
    ends_on = local_day(buddy_round.ends_at, programme.zone)
    half = halfway_on(buddy_round.on, ends_on)
    halfway = place(half, programme.at, programme.zone).starts_at if half else None
    return halfway, closes_at(programme, buddy_round)


def next_step(programme: Programme, buddy_round: Round, now: datetime) -> datetime:
    """Say when the next step of a matched round is to be taken."""
    planned = (*moments(programme, buddy_round), buddy_round.ends_at)
    return min(
        (each for each in planned if each is not None and now < each <= buddy_round.ends_at),
        default=buddy_round.ends_at,
    )


def _remind_all(session: Session, buddy_round: Round, until: datetime, now: datetime) -> None:
    pairings = [each for each in standing_in(session, [buddy_round.id]) if not each.has_met]
    people = known(session, buddy_round.workspace_id, (who for each in pairings for who in each.people))
    told = [
        messages.to_pairing(
            messages.HALFWAY,
            buddy_round,
            each.pairing,
            [people[who] for who in each.people],
            now=now,
            until=until,
        )
        for each in pairings
    ]
    outbox.enqueue(session, told)


def _ask_all(session: Session, buddy_round: Round, now: datetime) -> None:
    pairings = [each for each in standing_in(session, [buddy_round.id]) if not each.has_met]
    people = known(session, buddy_round.workspace_id, (who for each in pairings for who in each.people))
    told = [
        messages.to_member(
            messages.CLOSING,
            buddy_round,
            people[who],
            each.pairing.id,
            each.pairing.place,
            now=now,
            until=buddy_round.ends_at,
        )
        for each in pairings
        for who in each.people
    ]
    outbox.enqueue(session, told)
