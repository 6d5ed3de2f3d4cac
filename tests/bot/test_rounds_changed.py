"""Previews and rounds under rules and settings that changed meanwhile."""

from __future__ import annotations

import pytest

from bot import (
    profiles,
    programme_replays,
    programmes,
    round_matching,
    rounds,
)
from bot.programme_settings import settings_of
from bot.round_facts import Changed, Preview
from bot.round_messages import CHANGED, PREVIEWED
from bot.round_wishes import NothingPreviewed
from bot.runtime.database import Sessions
from handlers import round_turns
from models.programmes import ACROSS, WITHIN
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import ROOM, actor, found
from tests.bot.rounds_stage import quick as quick
from tests.people import DAY, HOUR, MINUTE, MONDAY_NOON

OWNER, WEDNESDAY = "U001", MONDAY_NOON + 2 * DAY
EVERYBODY = [f"U{number:03}" for number in range(1, 7)]
BEFORE_START = stage.START - HOUR


def in_departments(sessions: Sessions, *departments: tuple[str, ...]) -> None:
    """Let these people be in departments, those of each together."""
    with sessions.begin() as session:
        for number, people in enumerate(departments):
            for who in people:
                profiles.save(session, actor(who), {"department": f"Department {number}"})


def mix(sessions: Sessions, programme_id: int, mixing: str) -> None:
    """Let the owner set how people are mixed."""
    with sessions.begin() as session:
        wanted = settings_of(found(session, programme_id)).changed({"mixing": mixing})
        programmes.change(session, actor(OWNER), programme_id, wanted, now=BEFORE_START)


def test_a_hard_rule_holds_for_a_preview_s_groups_whatever_is_known_of_people_by_now(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4, mixing=ACROSS, is_mixing_required=True)
    in_departments(quick, ("U001", "U002"), ("U003", "U004"))
    stage.step(quick, stage.HEADS_UP)
    shown = [tuple(sorted(members)) for members, _ in stage.previewed(quick, programme_id).groups]
    in_departments(quick, *shown)

    stage.step(quick, stage.START)

    sent = stage.groups(quick, programme_id)
    assert len(sent) == 2
    assert set(sent).isdisjoint(shown)
    assert stage.told(quick, CHANGED, stage.START) == [Changed(ROOM.id, (), 2)]


def test_other_settings_after_a_preview_have_it_shown_anew_and_hold_for_what_is_sent(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4, mixing=WITHIN, is_mixing_required=True)
    in_departments(quick, ("U001", "U002"), ("U003", "U004"))
    stage.step(quick, stage.HEADS_UP)
    first = stage.previewed(quick, programme_id)

    mix(quick, programme_id, ACROSS)
    with pytest.raises(NothingPreviewed), quick.begin() as session:
        rounds.send_previewed(session, actor(OWNER), first.round_id, BEFORE_START)
    stage.match(quick, BEFORE_START + MINUTE)
    second = stage.told(quick, PREVIEWED, BEFORE_START + MINUTE)[-1]
    stage.step(quick, stage.START)

    assert isinstance(second, Preview)
    assert [members for members, _ in first.groups] == [("U001", "U002"), ("U003", "U004")]
    assert [members for members, _ in second.groups] == stage.groups(quick, programme_id)
    assert set(stage.groups(quick, programme_id)).isdisjoint(members for members, _ in first.groups)
    assert stage.deliveries(quick, CHANGED) == []


def test_other_settings_while_a_preview_is_made_let_it_come_to_nothing(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    with quick.begin() as session:
        rounds.preview(session, actor(OWNER), programme_id, MONDAY_NOON)
    (coming,) = stage.rounds_of(quick, programme_id)
    with quick.begin() as session:
        lease = round_matching.lease(session, coming.id, "one", MONDAY_NOON)
    assert lease is not None
    with quick.read() as session:
        job = round_matching.gather(session, lease, MONDAY_NOON)

    mix(quick, programme_id, ACROSS)

    with pytest.raises(round_matching.LeaseLost), quick.begin() as session:
        round_matching.show(session, job, b"", MONDAY_NOON)


def test_other_settings_as_a_previewed_round_begins_hold_for_it_and_it_can_be_replayed(
    quick: Sessions,
) -> None:
    programme_id = stage.staffed(quick, 4, mixing=WITHIN, is_mixing_required=True)
    in_departments(quick, ("U001", "U002"), ("U003", "U004"))
    stage.step(quick, stage.HEADS_UP)
    shown = stage.previewed(quick, programme_id)
    round_turns.take(quick, shown.round_id, stage.START)

    mix(quick, programme_id, ACROSS)
    stage.match(quick, stage.START)

    sent = stage.groups(quick, programme_id)
    with quick.read() as session:
        held = programme_replays.kept(session, actor(OWNER), shown.round_id)
    assert len(sent) == 2
    assert set(sent).isdisjoint(members for members, _ in shown.groups)
    assert stage.told(quick, CHANGED, stage.START) == [Changed(ROOM.id, (), 2)]
    assert programme_replays.replay(held).is_same
