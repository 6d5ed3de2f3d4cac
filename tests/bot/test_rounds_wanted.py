"""What owners want of the next round: to see it first, to have it matched anew, and that it begins now."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import time

import pytest
from sqlalchemy.orm import Session

from bot import (
    enrolments,
    exclusions,
    programme_heads_ups,
    programme_news,
    round_judging,
    rounds,
)
from bot.matching import History, Person, Result, Round, Rules, match, read
from bot.permissions import NotYourProgramme
from bot.round_facts import Changed, Preview
from bot.round_jobs import MOST_AFFECTED, Job, compute
from bot.round_messages import CHANGED, HEADS_UP, INTRODUCTION, PREVIEWED, TOO_FEW
from bot.round_steps import unpacked
from bot.round_wishes import NothingPreviewed, RoundsAreHeld, RoundUnderWay
from bot.runtime.database import Sessions
from handlers import round_turns
from handlers.views import rounds_preview
from models.programmes import PAUSED, Participant
from models.rounds import ANNOUNCED, CANCELLED, MATCHED
from models.rounds import PREVIEWED as IS_PREVIEWED
from models.rounds import Round as BuddyRound
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MONDAY_NOON

OWNER, WEDNESDAY = "U001", MONDAY_NOON + 2 * DAY
EVERYBODY = [f"U{number:03}" for number in range(1, 7)]
BEFORE_START = stage.START - HOUR


def test_a_preview_is_shown_to_the_owner_and_goes_out_as_it_was_shown(quick: Sessions) -> None:
    sessions = quick
    programme_id = stage.staffed(sessions, 8)
    stage.step(sessions, stage.HEADS_UP)

    shown = stage.previewed(sessions, programme_id)
    between = stage.deliveries(sessions, INTRODUCTION)
    stage.step(sessions, stage.START)

    assert between == []
    assert [sorted(members) for members, _ in shown.groups] == [
        list(each) for each in stage.groups(sessions, programme_id)
    ]
    assert stage.deliveries(sessions, CHANGED) == []


def test_a_preview_of_many_lists_those_a_message_has_room_for_and_counts_the_others(
    quick: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_judging, "READ", 2)
    programme_id = stage.staffed(quick, 9)
    stage.step(quick, stage.HEADS_UP)

    shown = stage.previewed(quick, programme_id)

    assert (len(shown.groups), shown.more) == (2, 2)
    assert "4 pairings" in rounds_preview.preview(shown).text


def test_a_preview_before_the_heads_up_announces_nothing_and_begins_nothing(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        rounds.preview(session, actor(OWNER), programme_id, MONDAY_NOON)
    stage.match(quick, MONDAY_NOON)
    early = [each.state for each in stage.rounds_of(quick, programme_id)], stage.deliveries(quick, HEADS_UP)

    stage.step(quick, stage.HEADS_UP)
    stage.step(quick, stage.START)

    assert early == ([IS_PREVIEWED], [])
    assert len(stage.deliveries(quick, HEADS_UP)) == 4
    assert [each.state for each in stage.rounds_of(quick, programme_id)] == [MATCHED]


def test_who_left_after_the_preview_is_replaced_and_the_owner_hears_of_it(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 6)
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)
    gone = shown.groups[0][0]
    with quick.begin() as session:
        enrolments.leave(session, actor(gone[0]), found(session, programme_id), now=BEFORE_START)

    stage.step(quick, stage.START)

    kept = {tuple(sorted(members)) for members, _ in shown.groups[1:]}
    now = stage.groups(quick, programme_id)
    (changed,) = stage.told(quick, CHANGED, stage.START)
    assert len(kept & set(now)) == 1  # the other made room for whom that left alone
    assert sorted(who for group in now for who in group) == [who for who in EVERYBODY if who != gone[0]]
    assert isinstance(changed, Changed)
    assert (changed.gone, changed.anew) == ((gone[0],), 1)


def test_a_previewed_round_interrupted_while_it_is_written_goes_out_as_it_was_decided(
    quick: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_turns, "GROUPS", 1)
    programme_id = stage.staffed(quick, 6)
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)

    with suppress(stage.Killed):
        stage.step(stage.Doomed(quick, left=5), stage.START)
    half_written = stage.groups(quick, programme_id), stage.deliveries(quick, INTRODUCTION)
    with quick.begin() as session:
        enrolments.leave(session, actor("U006"), found(session, programme_id), now=stage.START)
    stage.let_leases_end(quick, programme_id)
    stage.step(quick, stage.START)

    (sent,) = stage.rounds_of(quick, programme_id)
    with quick.read() as session:
        kept = session.get_one(BuddyRound, sent.id).result
    decided = [members for members, _ in shown.groups]
    assert half_written == (stage.groups(quick, programme_id)[:2], [])
    assert stage.groups(quick, programme_id) == decided
    assert kept is not None
    assert [group.members for group in read(unpacked(kept)).groups] == decided


def test_a_previewed_round_of_which_one_person_is_left_is_called_off(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.step(quick, stage.HEADS_UP)
    stage.previewed(quick, programme_id)
    with quick.begin() as session:
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=BEFORE_START)

    stage.step(quick, stage.START)

    assert [each.state for each in stage.rounds_of(quick, programme_id)] == [CANCELLED]
    assert [each.receiver for each in stage.deliveries(quick, TOO_FEW)] == [OWNER]


def test_an_owner_hears_of_a_change_but_not_who_pauses(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.step(quick, stage.HEADS_UP)
    stage.previewed(quick, programme_id)
    with quick.begin() as session:
        session.scalars(Participant.one(programme_id, "U002")).one().state = PAUSED

    stage.step(quick, stage.START)

    (changed,) = stage.told(quick, CHANGED, stage.START)
    assert isinstance(changed, Changed)
    assert (changed.gone, changed.anew) == ((), 1)


@pytest.mark.parametrize(("count", "newcomers"), [(4, 1), (4, 2), (4, 3), (3, 1)])
def test_who_joins_after_the_preview_is_put_together_with_somebody(
    quick: Sessions, count: int, newcomers: int
) -> None:
    programme_id = stage.staffed(quick, count)
    if count == 3:
        with quick.begin() as session:  # so that one of them is left over
            for other in ("U001", "U002"):
                exclusions.exclude(session, actor("U003"), other, now=MONDAY_NOON)
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)
    names = [f"UNEW{number}" for number in range(newcomers)]
    with quick.begin() as session:
        know(session, *[profile(name) for name in names])
        for name in names:
            programme = found(session, programme_id)
            programme_heads_ups.expect(session, programme, name, now=BEFORE_START)
            enrolments.join(session, actor(name), programme, now=BEFORE_START)

    stage.step(quick, stage.START)

    everybody = [f"U{number:03}" for number in range(1, count + 1)] + names
    now = stage.groups(quick, programme_id)
    assert len(shown.left_over) == count % 2
    assert sorted(who for group in now for who in group) == everybody
    assert all(len(group) >= 2 for group in now)


def test_what_an_owner_must_know_of_a_round_in_the_evening_waits_for_their_hours(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3, at=time(20))
    with quick.begin() as session:
        for other in ("U001", "U002"):
            exclusions.exclude(session, actor("U003"), other, now=MONDAY_NOON)
    stage.previewed(quick, programme_id)
    with quick.begin() as session:
        enrolments.leave(session, actor("U002"), found(session, programme_id), now=BEFORE_START)

    evening = stage.START + 7 * DAY + 10 * HOUR
    stage.step(quick, evening - DAY)
    stage.step(quick, evening)

    told = [*stage.deliveries(quick, CHANGED), *stage.deliveries(quick, TOO_FEW)]
    assert [each.receiver for each in told] == [OWNER, OWNER]
    assert all(each.not_before > evening + 12 * HOUR for each in told)
    assert all(each.expire_at >= each.not_before + DAY for each in told)


@pytest.mark.parametrize(("newcomers", "trials"), [(2, 3), (MOST_AFFECTED, 0)])
@pytest.mark.parametrize("is_picky", [True, False])
def test_room_for_who_is_left_over_is_made_group_by_group_only_among_few(
    newcomers: int, trials: int, is_picky: bool
) -> None:
    """One person wants none of the newcomers; if picky, none of those in the preview either."""
    old = [Person(f"UOLD{number}") for number in range(6)]
    new = [Person(f"UNEW{number}") for number in range(newcomers)]
    unwanted = frozenset(each.id for each in (*new, *(old if is_picky else ())))
    people, rules = (*new, Person("UALONE", excludes=unwanted)), Rules()
    kept = match(old, History(1), rules, seed=7).groups
    placed = {each.id: each for each in old}
    shown = Result(kept, (), (), affinity=0, bound=0, is_proven=True)
    job = Job(1, "one", Round(people, History(1), rules, 7), False, kept=kept, shown=shown, placed=placed)
    heard: list[tuple[int, int]] = []

    result = compute(job, lambda done, of: heard.append((done, of)))

    assert [each.person for each in result.left_over] == ["UALONE"] * is_picky
    assert set(kept) <= set(result.groups) or not is_picky
    assert len(heard) == (trials if is_picky else min(trials, 1))


def test_matching_anew_draws_other_lots(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 12)
    stage.step(quick, stage.HEADS_UP)
    first = stage.previewed(quick, programme_id)
    with quick.begin() as session:
        rounds.match_anew(session, actor(OWNER), first.round_id, BEFORE_START)
    stage.match(quick, BEFORE_START)

    second = stage.told(quick, PREVIEWED, BEFORE_START)[-1]

    assert isinstance(second, Preview)
    assert [members for members, _ in second.groups] != [members for members, _ in first.groups]


def test_a_preview_is_sent_at_once_when_the_owner_says_so_and_once(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)

    with quick.begin() as session:
        rounds.send_previewed(session, actor(OWNER), shown.round_id, BEFORE_START)
    stage.step(quick, BEFORE_START)
    with pytest.raises(NothingPreviewed), quick.begin() as session:
        rounds.send_previewed(session, actor(OWNER), shown.round_id, BEFORE_START)

    assert [each.state for each in stage.rounds_of(quick, programme_id)] == [MATCHED]
    assert len(stage.deliveries(quick, INTRODUCTION)) == 2


def test_no_round_begins_now_while_the_channel_keeps_any_from_being_held(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)
    with quick.begin() as session:
        programme = found(session, programme_id)
        programme_news.hold(session, programme, programme_news.ARCHIVED, now=BEFORE_START)

    with pytest.raises(RoundsAreHeld), quick.begin() as session:
        rounds.send_previewed(session, actor(OWNER), shown.round_id, BEFORE_START)
    with pytest.raises(RoundsAreHeld), quick.begin() as session:
        rounds.match_now(session, actor(OWNER), programme_id, BEFORE_START)

    assert [each.state for each in stage.rounds_of(quick, programme_id)] == [IS_PREVIEWED]


def test_a_round_begins_now_in_place_of_the_one_to_come(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        rounds.match_now(session, actor(OWNER), programme_id, stage.HEADS_UP - 2 * DAY)
    stage.step(quick, stage.HEADS_UP - 2 * DAY)
    stage.step(quick, stage.HEADS_UP)

    (only,) = stage.rounds_of(quick, programme_id)
    assert only.state == MATCHED
    assert stage.deliveries(quick, HEADS_UP) == []


def test_two_owners_who_press_at_once_start_one_round(sessions: Sessions) -> None:
    programme_id = stage.staffed(sessions, 4)

    def press(_: int) -> bool:
        with suppress(RoundUnderWay), sessions.begin() as session:
            rounds.match_now(session, actor(OWNER), programme_id, WEDNESDAY)
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(press, range(4)))
    stage.step(sessions, WEDNESDAY)

    assert sorted(begun) == [False, False, False, True]
    assert len(stage.rounds_of(sessions, programme_id)) == 1
    assert len(stage.deliveries(sessions, INTRODUCTION)) == 2


def test_only_the_owner_previews_sends_and_matches(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)
    stranger = actor("U002")
    acts: tuple[Callable[[Session], object], ...] = (
        lambda session: rounds.preview(session, stranger, programme_id, BEFORE_START),
        lambda session: rounds.match_now(session, stranger, programme_id, BEFORE_START),
        lambda session: rounds.send_previewed(session, stranger, shown.round_id, BEFORE_START),
        lambda session: rounds.match_anew(session, stranger, shown.round_id, BEFORE_START),
    )

    for act in acts:
        with pytest.raises(NotYourProgramme), quick.begin() as session:
            act(session)

    assert [each.state for each in stage.rounds_of(quick, programme_id)] in ([IS_PREVIEWED], [ANNOUNCED])


def test_who_wants_no_more_of_somebody_after_the_preview_is_kept_apart_and_nobody_is_named(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 6)
    stage.step(quick, stage.HEADS_UP)
    (first, other), *_ = [members for members, _ in stage.previewed(quick, programme_id).groups]
    with quick.begin() as session:
        exclusions.exclude(session, actor(other), first, now=BEFORE_START)

    stage.step(quick, stage.START)

    assert all(not {first, other} <= set(group) for group in stage.groups(quick, programme_id))
    assert sorted(who for group in stage.groups(quick, programme_id) for who in group) == EVERYBODY
    (changed,) = stage.told(quick, CHANGED, stage.START)
    assert isinstance(changed, Changed)
    assert changed.gone == ()
    assert rounds_preview.changed(changed).text.endswith("matched anew.")  # no cause, also not a harmless one


@pytest.mark.parametrize("count", [0, 1])
def test_a_preview_of_next_to_nobody_shows_that(quick: Sessions, count: int) -> None:
    programme_id = stage.staffed(quick, count)

    shown = stage.previewed(quick, programme_id)

    assert shown.groups == ()
    assert len(shown.left_over) == count
