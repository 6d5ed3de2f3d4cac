"""The view of App Home: next 1-on-1s, goals, answers and settings, with a button for everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.answers import AnswerPage
from bot.enrolments import Stand
from bot.goals import GoalOverview
from handlers.views import buddies, elements
from handlers.views.answers import home_answers
from handlers.views.elements import View
from handlers.views.goals import home_goals
from handlers.views.members import settings_blocks
from handlers.views.one_on_one_lists import home_blocks
from handlers.views.one_on_ones import Standing
from handlers.views.profiles import open_button
from models.members import Member


@dataclass(frozen=True)
class Parts:
    """What stands on the page of one person."""

    standing: Sequence[Standing]
    goals: GoalOverview
    answers: AnswerPage
    stands: Sequence[Stand]
    """Where they stand in buddy programmes."""


def home(member: Member, parts: Parts, *, now: datetime, today: date) -> View:
    """Draw the page."""
    blocks = [
        *home_blocks(parts.standing),
        elements.divider(),
        *home_goals(parts.goals, today=today),
        elements.divider(),
        *buddies.home_blocks(parts.stands, member.zone, is_admin=member.is_admin),
        elements.divider(),
        *home_answers(parts.answers, member.user_id),
        *settings_blocks(member, now),
        elements.actions(open_button()),
    ]
    return {"type": "home", "blocks": blocks[: elements.MODAL_BLOCKS]}
