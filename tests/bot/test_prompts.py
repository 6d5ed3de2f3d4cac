"""Questions put to a pair, over the whole bank."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Engine

from bot import members, prompts
from bot.members import Profile
from bot.permissions import Actor
from bot.question_bank import ANY_TIME, default_bank
from bot.runtime.database import Sessions
from models.prompts import Prompt
from tests.people import AMY, BEN, DAY, MONDAY_NOON, RAY

TEAM = "TSANDBOX"
AS_AMY, AS_BEN, AS_RAY = (Actor(TEAM, who) for who in (AMY, BEN, RAY))
FITTING = sum(question.fits(frozenset({ANY_TIME})) for question in default_bank().questions)


@pytest.fixture
def staffed(sqlite: Engine) -> Sessions:
    """Give a store that knows Amy, Ben and Ray; what is asked of it is the same in both, the choice is ours."""
    return acquainted(Sessions(sqlite))


@pytest.fixture
def staffed_anywhere(sessions: Sessions) -> Sessions:
    """Give either store, for what a store could write differently."""
    return acquainted(sessions)


def acquainted(sessions: Sessions) -> Sessions:
    facts = {"zone": "UTC", "is_person": True, "is_guest": False, "is_deactivated": False, "is_admin": False}
    people = [Profile(user_id=who, name=who, **facts) for who in (AMY, BEN, RAY)]  # type: ignore[arg-type]
    with sessions.begin() as session:
        members.welcome_workspace(session, TEAM)
        members.remember_all(session, TEAM, people, at=MONDAY_NOON)
    return sessions


def ask(sessions: Sessions, *, now: datetime = MONDAY_NOON, other: str = BEN) -> prompts.PutQuestion:
    with sessions.begin() as session:
        return prompts.ask_now(session, AS_AMY, other, now=now)


def test_all_that_fit_come_once_before_any_comes_again(staffed: Sessions) -> None:
    put = [ask(staffed, now=MONDAY_NOON + day * DAY).question.id for day in range(FITTING)]

    assert len(set(put)) == FITTING
    assert ask(staffed, now=MONDAY_NOON + 200 * DAY).question.id in put


def test_what_was_not_useful_stays_away_even_when_all_begins_again(staffed: Sessions) -> None:
    unwanted = ask(staffed)
    with staffed.begin() as session:
        session.get_one(Prompt, unwanted.prompt_id).is_not_useful = True

    put = [ask(staffed, now=MONDAY_NOON + day * DAY).question.id for day in range(FITTING + 20)]

    assert unwanted.question.id not in put


def test_the_same_history_gives_the_same_question_to_whoever_asks(staffed: Sessions) -> None:
    with staffed.read() as session:
        pair = f"{AMY}:{BEN}"
        chosen = {prompts.next_for(TEAM, pair, prompts.NOTHING).question.id for _ in range(5)}
        other = prompts.histories(session, [(TEAM, pair)])

    assert len(chosen) == 1
    assert other == {}


def test_two_pairs_do_not_march_in_step(staffed: Sessions) -> None:
    with_ben = [ask(staffed).question.id for _ in range(5)]
    with_ray = [ask(staffed, other=RAY).question.id for _ in range(5)]

    assert with_ben != with_ray


def test_a_question_put_to_one_is_not_found_by_the_other_nor_a_stranger(staffed: Sessions) -> None:
    put = ask(staffed)

    with staffed.begin() as session:
        assert prompts.of_actor(session, AS_AMY, put.prompt_id).id == put.prompt_id
        for stranger in (AS_BEN, AS_RAY, Actor("TOTHER", AMY)):
            with pytest.raises(prompts.NoSuchQuestion):
                prompts.of_actor(session, stranger, put.prompt_id)


def test_a_question_the_bank_has_retired_is_said_to_be_gone(staffed: Sessions) -> None:
    put = ask(staffed)
    with staffed.begin() as session:
        session.get_one(Prompt, put.prompt_id).question_id = "retired-long-ago"

    with staffed.read() as session, pytest.raises(prompts.NoSuchQuestion):
        prompts.read(prompts.of_actor(session, AS_AMY, put.prompt_id), AMY)


@pytest.mark.parametrize(
    ("store", "days"),
    [("sqlite", 0), ("sqlite", 3), ("sqlite", 10), ("sqlite", 100), ("postgresql", 100)],
    indirect=["store"],
)
def test_the_reason_survives_the_store(staffed_anywhere: Sessions, days: int) -> None:
    for _ in range(16):
        ask(staffed_anywhere)
    put = ask(staffed_anywhere, now=MONDAY_NOON + days * DAY)

    with staffed_anywhere.begin() as session:
        read = prompts.read(prompts.of_actor(session, AS_AMY, put.prompt_id), AMY)

    assert read == put
