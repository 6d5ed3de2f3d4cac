"""Pacts: two who met go on together if both want it, get three prompts, and then choose how to go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot import enrolments, exclusions, pauses, programme_heads_ups, round_pacts, rounds
from bot.outbox import Later, Never
from bot.round_facts import PactFacts, TooFew
from bot.round_messages import HEADS_UP, TOO_FEW
from bot.round_pacts import END, OFFER, PROMPT, NotYourPact, PactIsOver
from bot.runtime.database import Sessions
from models.members import Member
from models.outbox import SENT, Delivery
from models.pacts import OVER, Pact
from models.programmes import Programme
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR
from tests.scenes import played

TUESDAY = stage.START + DAY
"""A day after the round began, at ten in Berlin: the pact's first day."""
DAYS = {PROMPT: [3, 14, 28], END: [0]}
"""Of a longer pact: the days whose prompts come by themselves, and what comes with the question at its end."""


def met(sessions: Sessions, *, count: int = 2, weeks: int = 6) -> int:
    """Let the first two meet in a programme that offers so many weeks, and give the pact's id."""
    return played(sessions, _meet, count, weeks)


def _meet(sessions: Sessions, count: int, weeks: int) -> int:
    programme_id = stage.staffed(sessions, count, pact_weeks=weeks)
    stage.first_round(sessions)
    pairing = stage.pairing_of(sessions, programme_id, "U001")
    with sessions.begin() as session:
        rounds.say(session, actor("U001"), pairing.id, "met", now=TUESDAY)
    with sessions.read() as session:
        return session.scalars(Pact.of_pairing(pairing.id)).one().id


def agree(sessions: Sessions, pact_id: int, *people: str) -> round_pacts.Agreed:
    agreed = None
    for who in people:
        with sessions.begin() as session:
            agreed = round_pacts.agree(session, actor(who), pact_id, now=TUESDAY)
    assert agreed is not None
    return agreed


def pact(sessions: Sessions, pact_id: int) -> Pact:
    with sessions.read() as session:
        return session.get_one(Pact, pact_id)


def test_both_are_asked_once_and_it_stands_when_both_agree(sessions: Sessions) -> None:
    pact_id = met(sessions)
    with sessions.begin() as session:
        rounds.say(session, actor("U002"), pact(sessions, pact_id).pairing_id, "met", now=TUESDAY)

    alone = agree(sessions, pact_id, "U001", "U001")
    together = agree(sessions, pact_id, "U002")

    assert [each.receiver for each in stage.deliveries(sessions, OFFER)] == ["U001", "U002"]
    assert (alone.stands, together.stands) == (False, True)
    assert pact(sessions, pact_id).ends_on == (TUESDAY + 42 * DAY).date()


@pytest.mark.parametrize(
    ("weeks", "days"), [(4, {PROMPT: [3, 14], END: [28]}), (5, DAYS), (6, DAYS)], ids=["4", "5", "6"]
)
def test_prompts_come_on_three_days_and_then_the_question_how_to_go_on(
    quick: Sessions, weeks: int, days: dict[str, list[int]]
) -> None:
    pact_id = met(quick, weeks=weeks)
    agree(quick, pact_id, "U001", "U002")
    end = TUESDAY + weeks * 7 * DAY + HOUR

    told: dict[str, list[int]] = {PROMPT: [], END: []}
    for moment in (*(TUESDAY + day * DAY + HOUR for day in (2, 3, 13, 14, 28)), end):
        stage.step(quick, moment)
        for kind, seen in told.items():
            facts = [each.day for each in stage.told(quick, kind, moment) if isinstance(each, PactFacts)]
            seen += sorted({*facts}.difference(seen))

    assert told == days
    assert [each.receiver for each in stage.deliveries(quick, PROMPT)] == ["+U001,U002"] * len(days[PROMPT])
    assert [each.receiver for each in stage.deliveries(quick, END)] == ["U001", "U002"]


def test_an_outage_brings_the_last_prompt_that_is_due_alone(quick: Sessions) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")

    stage.step(quick, TUESDAY + 30 * DAY)

    (prompt,) = stage.told(quick, PROMPT, TUESDAY + 30 * DAY)
    assert isinstance(prompt, PactFacts)
    assert prompt.day == 28


def test_who_is_in_a_pact_is_in_no_round_unless_the_other_leaves(quick: Sessions) -> None:
    pact_id = met(quick, count=4)
    people = pact(quick, pact_id).people
    agree(quick, pact_id, *people)

    stage.step(quick, stage.following(stage.HEADS_UP, 1))
    asked = {each.receiver for each in stage.deliveries(quick, HEADS_UP)[4:]}
    programme_id = pact(quick, pact_id).programme_id
    with quick.begin() as session:
        programme = found(session, programme_id)
        before = stage.following(stage.HEADS_UP, 1) + HOUR
        programme_heads_ups.expect_partners(session, programme, [people[0]], now=before)
        enrolments.leave(session, actor(people[0]), programme, now=before)
    stage.step(quick, stage.following(stage.START, 1))

    assert len(asked) == 2
    assert not asked & set(people)
    assert people[1] in {who for group in stage.groups(quick, programme_id) for who in group}


@pytest.mark.parametrize(("count", "told"), [(2, [Never]), (3, [TooFew, TooFew])])
def test_a_round_without_anybody_because_of_pacts_is_no_news_for_the_owner(
    quick: Sessions, count: int, told: list[type]
) -> None:
    pact_id = met(quick, count=count)
    programme_id = pact(quick, pact_id).programme_id
    with quick.begin() as session:
        session.get_one(Pact, pact_id).people = ["U001", "U002"]  # the third of a three goes on alone
    agree(quick, pact_id, "U001", "U002")

    for moment in (stage.HEADS_UP, stage.START):
        stage.step(quick, stage.following(moment, 1))

    judged = stage.told(quick, TOO_FEW, stage.following(stage.START, 1))
    assert stage.groups(quick, programme_id) == []
    assert [type(each) for each in judged] == told
    assert all(each.are_in_pacts for each in judged if isinstance(each, TooFew))


def test_who_is_in_a_pact_reads_with_whom_until_it_cannot_go_on(quick: Sessions) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")
    later = stage.following(stage.START, 1) + 2 * DAY
    stage.step(quick, later)

    def pacts() -> list[enrolments.PactWith]:
        with quick.read() as session:
            (stand,) = enrolments.mine(session, actor("U001"), today=later.date(), now=later)
        return list(stand.pacts)

    standing = pacts()
    with quick.begin() as session:
        exclusions.exclude(session, actor("U001"), "U002", now=later)

    assert standing == [enrolments.PactWith(("U002",), (TUESDAY + 42 * DAY).date())]
    assert pacts() == []


def test_who_would_rather_not_keeps_it_to_themselves(quick: Sessions) -> None:
    pact_id = met(quick)

    alone = agree(quick, pact_id, "U001")
    with quick.begin() as session:
        round_pacts.refuse(session, actor("U002"), pact_id)
    refused = agree(quick, pact_id, "U001")
    with quick.begin() as session:
        round_pacts.refuse(session, actor("U001"), pact_id)

    assert refused == alone
    assert not refused.stands


def test_after_its_weeks_a_pact_is_extended_by_both(quick: Sessions) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")
    over = TUESDAY + 42 * DAY
    stage.step(quick, over)

    stands = []
    for who in ("U002", "U001"):
        with quick.begin() as session:
            stands.append(round_pacts.extend(session, actor(who), pact_id, now=over).stands)
    stage.step(quick, over + 3 * DAY)

    assert stands == [False, True]
    assert pact(quick, pact_id).term == 2
    assert [each.key for each in stage.deliveries(quick, PROMPT)] == ["round:1:1:1:pact:2:3"]


def test_a_prompt_for_two_who_share_no_hours_comes_when_one_of_them_is_at_work(quick: Sessions) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")
    with quick.begin() as session:
        session.get_one(Member, (TEAM, "U002")).zone = "Pacific/Auckland"

    monday = TUESDAY + 6 * DAY
    stage.step(quick, monday)

    assert [type(each) for each in stage.told(quick, PROMPT, monday)] == [PactFacts]


def test_a_prompt_for_somebody_away_is_looked_at_again_a_day_later(quick: Sessions) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")
    monday = TUESDAY + 6 * DAY
    stage.step(quick, monday)
    with quick.begin() as session:
        session.get_one(Member, (TEAM, "U002")).is_paused = True

    assert stage.told(quick, PROMPT, monday) == [Later(monday + DAY, "paused or away")]


def leave(session: Session, programme: Programme) -> None:
    enrolments.leave(session, actor("U002"), programme, now=TUESDAY)


def pause_for_good(session: Session, programme: Programme) -> None:
    pauses.pause(session, actor("U002"), [programme.id], None, now=TUESDAY)


def exclude(session: Session, _: Programme) -> None:
    exclusions.exclude(session, actor("U002"), "U001", now=TUESDAY)


@pytest.mark.parametrize("part", [leave, pause_for_good, exclude])
def test_a_pact_that_cannot_go_on_ends_and_the_other_is_not_told_why(
    quick: Sessions, part: Callable[[Session, Programme], None]
) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")
    with quick.begin() as session:
        part(session, found(session, pact(quick, pact_id).programme_id))

    stage.step(quick, TUESDAY + 6 * DAY)
    told = stage.told(quick, END, TUESDAY + 6 * DAY)[0]

    assert pact(quick, pact_id).state == OVER
    assert stage.deliveries(quick, PROMPT) == []
    assert stage.deliveries(quick, END)[0].receiver == "U001"
    assert isinstance(told, PactFacts)
    assert told.is_parted


@pytest.mark.parametrize("part", [leave, pause_for_good, exclude])
def test_a_pact_does_not_begin_with_somebody_who_is_gone_and_that_looks_like_no_answer(
    quick: Sessions, part: Callable[[Session, Programme], None]
) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U002")
    with quick.begin() as session:
        part(session, found(session, pact(quick, pact_id).programme_id))

    said = agree(quick, pact_id, "U001")

    assert said == round_pacts.Agreed(pact_id, ("U002",), 6, stands=False)
    assert pact(quick, pact_id).begins_on is None


def test_a_swap_takes_back_the_offer_of_a_pact(quick: Sessions) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001")
    with quick.begin() as session:
        know(session, profile("UNEW"))
        programme = found(session, session.get_one(Pact, pact_id).programme_id)
        enrolments.join(session, actor("UNEW"), programme, now=TUESDAY)
        rounds.swap(session, actor("U002"), session.get_one(Pact, pact_id).pairing_id, now=TUESDAY)

    with pytest.raises(PactIsOver):
        agree(quick, pact_id, "U002")

    assert [type(each) for each in stage.told(quick, OFFER, TUESDAY)] == [Never, Never]
    assert pact(quick, pact_id).begins_on is None


@pytest.mark.parametrize("is_read", [True, False], ids=["after the question", "before the question"])
def test_who_wants_the_same_weeks_again_has_the_other_asked_once(quick: Sessions, is_read: bool) -> None:
    pact_id = met(quick)
    agree(quick, pact_id, "U001", "U002")
    over = TUESDAY + 42 * DAY
    stage.step(quick, over)
    if is_read:
        with quick.begin() as session:
            session.execute(update(Delivery).where(Delivery.kind == END).values(state=SENT))

    with quick.begin() as session:
        round_pacts.extend(session, actor("U002"), pact_id, now=over)

    again = [each.receiver for each in stage.deliveries(quick, OFFER) if ":pact:2:" in each.key]
    assert again == (["U001"] if is_read else [])
    assert [type(each) for each in stage.told(quick, END, over)] == [PactFacts, Never]


@pytest.mark.parametrize("act", [round_pacts.agree, round_pacts.extend])
def test_a_pact_is_nobody_elses(quick: Sessions, act: object) -> None:
    pact_id = met(quick, count=4)
    stranger = next(f"U00{n}" for n in range(1, 5) if f"U00{n}" not in pact(quick, pact_id).people)

    for who, number in ((stranger, pact_id), ("U001", 10**17)):
        with pytest.raises(NotYourPact), quick.begin() as session:
            act(session, actor(who), number, now=TUESDAY)  # type: ignore[operator]
