"""The operator's desk shows ids and states: nothing that a person wrote, is called or was asked."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models.outbox import Delivery
from tests.handlers.one_on_ones_stage import live_until, preps, pressed
from tests.people import AMY, BEN
from tests.runtime.command_line import Run
from tests.stores import on_postgresql_in_the_siege
from tests.trellis import Trellis, utc

TITLE, ANSWER = "Zugspitze before winter", "Marmalade on Thursdays"
THE_DAY_BEFORE = utc("2026-11-25 15:00")
STATES = ["ready", "sending", "doubtful", "sent", "failed", "expired", "cancelled"]


@pytest.fixture
def wrote(trellis_anywhere: Trellis) -> Trellis:
    """Give Trellis, used by two people who wrote something, with messages sent and to be sent."""
    trellis = trellis_anywhere
    trellis.slack.command(AMY, f"/goal add {TITLE}")
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00 as manager")
    live_until(trellis, THE_DAY_BEFORE)
    pressed(trellis, BEN, preps(trellis, BEN)[0], "Note an answer")
    trellis.slack.submit(BEN, {"Your note": ANSWER})
    return trellis


@on_postgresql_in_the_siege
def test_nothing_a_person_wrote_or_was_asked_is_shown(wrote: Trellis, run: Run) -> None:
    address = {"DATABASE_URL": wrote.sessions.engine.url.render_as_string(hide_password=False)}
    sentences = [each for each in re.split(r"[*.:?\n]+", preps(wrote, BEN)[0].text) if len(each.split()) > 3]
    with wrote.sessions.read() as session:
        numbers = session.scalars(select(Delivery.id)).all()

    asked = [
        *(["list", "--state", state] for state in STATES),
        *([what, str(number)] for number in numbers for what in ("why", "retry", "cancel", "retry", "why")),
        ["doubt", "--before", "2099-01-01T00:00Z"],
        ["list"],
    ]
    said = [run(["outbox", *words], address) for words in asked]

    shown = "\n".join(done.stdout + done.stderr for done in said)
    assert len(numbers) > 3
    assert f" {BEN} " in shown
    assert sentences != []
    assert [words for words in (TITLE, ANSWER, "Amy", "Ben", *sentences) if words.strip() in shown] == []
