"""Answers: noted for oneself, changed, shared with the other of the pair, taken back; nobody else sees them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bot import answers
from bot.permissions import Actor
from models.answers import Answer
from sandbox.seen import Message
from tests.handlers import forging
from tests.handlers.one_on_ones_stage import home_of, home_shows, live_until, opened, preps, pressed
from tests.people import AMY, BEN, RAY
from tests.scenes import begin_with
from tests.trellis import Trellis, utc

MINE = "The demo with <!channel> & *stars*"


@pytest.fixture
def asked(trellis: Trellis) -> Message:
    """Give the question Ben, the report, got before the meeting with Amy."""
    begin_with(trellis, ask)
    return preps(trellis, BEN)[0]


def ask(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00 as manager")
    live_until(trellis, utc("2026-11-25 15:00"))


def note(trellis: Trellis, message: Message, text: str) -> None:
    """Note an answer as Ben."""
    pressed(trellis, BEN, message, "Note an answer")
    result = trellis.slack.submit(BEN, {"Your note": text})
    assert result.errors == {}


def kept(trellis: Trellis) -> list[tuple[str, bool]]:
    with trellis.sessions.read() as session:
        rows = session.execute(select(Answer.text, Answer.shared_at.is_not(None)).order_by(Answer.id))
        return [(text, is_shared) for text, is_shared in rows]


def test_a_note_is_kept_for_its_author_alone(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, MINE)

    home_shows(trellis, BEN, "The demo with &lt;!channel&gt; &amp; *stars*")
    for other in (AMY, RAY):
        assert "The demo" not in home_of(trellis, other).words


def test_the_form_says_who_sees_it_and_the_answer_too(trellis: Trellis, asked: Message) -> None:
    form = pressed(trellis, BEN, asked, "Note an answer")
    result = trellis.slack.submit(BEN, {"Your note": "One line"})

    assert "Only you can see it until you share it." in form.words
    assert result.view is not None
    assert "Kept. Only you can see it." in result.view.words


def test_noting_again_shows_what_stands_and_changes_it(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, "First")
    form = pressed(trellis, BEN, asked, "Note an answer")
    trellis.slack.submit(BEN, {"Your note": "Second"})

    assert form.element("Your note").raw["initial_value"] == "First"
    assert kept(trellis) == [("Second", False)]


def test_sharing_shows_it_to_the_other_of_the_pair_and_to_nobody_else(
    trellis: Trellis, asked: Message
) -> None:
    note(trellis, asked, MINE)
    trellis.slack.press(BEN, home_of(trellis, BEN), "Share")
    home_shows(trellis, BEN, "Shared with")

    assert f"<@{BEN}> shared with you" in home_of(trellis, AMY).words
    assert "Share" not in home_of(trellis, AMY).buttons
    assert "The demo" not in home_of(trellis, RAY).words


def test_what_is_taken_back_is_gone_for_the_other(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, MINE)
    trellis.slack.press(BEN, home_of(trellis, BEN), "Share")
    home_shows(trellis, BEN, "Shared with")
    trellis.slack.press(BEN, home_of(trellis, BEN), "Take back")
    home_shows(trellis, BEN, "Only you can see it")

    assert "The demo" not in home_of(trellis, AMY).words
    assert kept(trellis) == [(MINE, False)]


def test_what_was_shared_stays_shared_when_it_is_changed(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, "First")
    trellis.slack.press(BEN, home_of(trellis, BEN), "Share")
    home_shows(trellis, BEN, "Shared with")
    note(trellis, asked, "Second")

    assert "Second" in home_of(trellis, AMY).words


@pytest.mark.parametrize("text", ["   ", "\n\n"])
def test_an_empty_note_is_refused(trellis: Trellis, asked: Message, text: str) -> None:
    pressed(trellis, BEN, asked, "Note an answer")

    result = trellis.slack.submit(BEN, {"Your note": text})

    assert list(result.errors) == ["Your note"]
    assert kept(trellis) == []


def test_a_note_sent_twice_is_kept_once(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, "Once")
    trellis.slack.resubmit()

    assert kept(trellis) == [("Once", False)]


@pytest.mark.parametrize("text", ["é" * 5000, "שלום עולם", "👩‍🚀 ok", "a\nb\n> c", "```x```"])
def test_odd_texts_come_back_as_they_are(trellis: Trellis, asked: Message, text: str) -> None:
    form = pressed(trellis, BEN, asked, "Note an answer")

    forging.submission(trellis, BEN, form, forging.changed(form, text={"value": text}))

    assert kept(trellis) == [(text[:2000], False)]
    assert home_of(trellis, BEN).type == "home"


def test_a_forged_question_takes_no_note(trellis: Trellis, asked: Message) -> None:
    form = pressed(trellis, BEN, asked, "Note an answer")
    values = forging.changed(form, text={"value": "Hello"})

    for carried in ("", "x", "0", "999", str(10**30)):
        answer = forging.submission(trellis, BEN, form, values, private_metadata=carried)
        assert answer["response_action"] == "errors", carried
        assert "Something went wrong" not in str(answer), carried
        assert kept(trellis) == [], carried


def test_nobody_else_notes_an_answer_to_the_pairs_question(trellis: Trellis, asked: Message) -> None:
    form = pressed(trellis, BEN, asked, "Note an answer")

    answer = forging.submission(trellis, RAY, form, forging.changed(form, text={"value": "Mine"}))

    assert "That question is no longer here" in str(answer)
    assert kept(trellis) == []


def test_nobody_shares_or_takes_back_somebody_elses_note(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, MINE)
    private = trellis.slack.command(AMY, "/1on1 ask @ben").message
    for verb in ("share", "unshare"):
        forged = forging.button(private, "Not useful", "1", action_id=f"answers.{verb}")
        assert "That answer is not yours" in trellis.slack.press(AMY, forged, "Not useful").text

    assert kept(trellis) == [(MINE, False)]


def test_a_forged_number_shares_nothing(trellis: Trellis, asked: Message) -> None:
    note(trellis, asked, MINE)
    home_shows(trellis, BEN, "The demo")

    for value in ("x", "", "999", str(10**30)):
        forged = forging.button(asked, "Not useful", value, action_id="answers.share")
        assert trellis.slack.press(BEN, forged, "Not useful").text, value
        assert kept(trellis) == [(MINE, False)], value


def test_old_answers_are_reached_with_the_mouse(trellis: Trellis) -> None:
    trellis.slack.command(AMY, "/1on1 add @ben every thursday 10:00")
    live_until(trellis, utc("2027-02-12 15:00"))
    ben, now = Actor(trellis.workspace, BEN), trellis.clock.people_now()
    with trellis.sessions.begin() as session:
        for number, prep in enumerate(preps(trellis, BEN)):
            prompt_id = int(prep.button("Note an answer").value or "")
            answers.note(session, ben, prompt_id, f"Note number {number}.", now=now)

    home = home_of(trellis, BEN)
    every = pressed(trellis, BEN, home, "All answers")

    with trellis.sessions.read() as session:
        count = session.scalars(select(func.count()).select_from(Answer)).one()
    assert count > 8
    assert "Note number 0." not in home.words
    assert all(f"Note number {number}." in every.words for number in range(count))
    shared = pressed(trellis, BEN, every, "Share")
    assert "Take back" in shared.buttons


def test_the_settings_form_is_not_an_answer(trellis: Trellis, asked: Message) -> None:
    form = opened(trellis, BEN, "/growth settings")

    assert "Your note" not in form.fields
    assert asked.buttons[0] == "Note an answer"
