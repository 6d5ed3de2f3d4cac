"""Career buddies with the mouse alone: Home, menus, forms, and values that no client would send."""

from __future__ import annotations

from models.programmes import IN, LEFT, PAUSED
from sandbox.block_kit.surfaces import check_view
from sandbox.seen import View
from tests.handlers import forging
from tests.handlers.buddies_stage import (
    ENGINEERING,
    GROWTH,
    MANAGERS,
    participant,
    programme_of,
    standing_in,
    started,
)
from tests.handlers.one_on_ones_stage import home_of, home_shows, pressed
from tests.people import AMY, BEN, JONAS, MIA, RAY, ZOE
from tests.trellis import Trellis

COUNTS = "What counts otherwise than usual"


def chosen(trellis: Trellis, who: str, label: str) -> View:
    """Choose from the menu of the first programme on Home."""
    return pressed(trellis, who, home_of(trellis, who), "buddies.menu", label)


def check(view: View) -> object:
    return check_view({"type": view.type, "blocks": view.blocks})


def test_a_programme_is_started_and_changed_with_forms(trellis: Trellis) -> None:
    trellis.slack.bring_in(GROWTH)
    form = pressed(trellis, AMY, home_of(trellis, AMY), "Start a programme")

    done = trellis.slack.submit(
        AMY,
        {
            "In which channel": GROWTH,
            "A round": "every 3 weeks",
            "On": "Thursday",
            "At": "14:30",
            "Time zone": "europe/berlin",
            "In groups of": "3",
            "Who meets whom": "Across departments",
            "Keep to that strictly": ["Even if somebody stays alone"],
            "The same two do not meet again for": "8 rounds",
            "They share at least": "3 working hours",
            "Also": ["Guests may take part"],
            "After they met, two may agree on": "4 weeks together",
            COUNTS: ["More: years here apart", "Ignore: the same place"],
        },
        view=form,
    )

    assert done.view is not None, done
    assert "every 3 weeks on Thursday at 14:30 (Europe/Berlin)" in done.view.words
    programme = programme_of(trellis)
    assert programme is not None
    assert (programme.mixing, programme.is_mixing_required, programme.group_size) == ("across", True, 3)
    assert (programme.repeat_window, programme.shared_minutes, programme.pact_weeks) == (8, 180, 4)
    assert (programme.announces, programme.takes_guests, programme.enrolment) == (False, True, "asked")

    page = chosen(trellis, AMY, "The programme…")
    assert "Two may agree to stay together for 4 weeks" in page.words
    assert "Counts more: years here apart. Does not count: the same place." in page.words
    filled = pressed(trellis, AMY, page, "Change it")
    trellis.slack.submit(AMY, {"In groups of": "2"}, view=filled)
    changed = programme_of(trellis)
    assert changed is not None
    assert (changed.group_size, changed.every_weeks, changed.is_mixing_required) == (2, 3, True)
    assert changed.weights == {"tenure": "more", "location": "off"}


def test_a_form_says_beside_the_field_what_is_the_matter(trellis: Trellis) -> None:
    form = pressed(trellis, AMY, home_of(trellis, AMY), "Start a programme")

    elsewhere = trellis.slack.submit(AMY, {"In which channel": ENGINEERING}, view=form)
    on_mars = trellis.slack.submit(AMY, {"In which channel": GROWTH, "Time zone": "Mars"}, view=form)
    both = ["More: the same place", "Ignore: the same place"]
    twice = trellis.slack.submit(AMY, {"Time zone": "Europe/Berlin", COUNTS: both}, view=form)

    assert "picked twice" in twice.errors[COUNTS]
    assert "do not find you and me in that channel" in elsewhere.errors["In which channel"]
    assert "do not know that time zone" in on_mars.errors["Time zone"]
    assert programme_of(trellis) is None


def test_all_of_ones_part_is_in_the_menu_on_home(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    form = pressed(trellis, MIA, home_of(trellis, MIA), "Join a programme")
    joined = trellis.slack.submit(MIA, {"The one of which channel": GROWTH}, view=form)
    assert "You are in" in joined.view.words  # type: ignore[union-attr]
    assert check(home_of(trellis, MIA)) is None

    chosen(trellis, MIA, "Sit the next round out")
    assert participant(trellis, programme, MIA).skips == 1
    chosen(trellis, MIA, "Take part after all")
    assert participant(trellis, programme, MIA).skips is None
    chosen(trellis, MIA, "Do not name me")
    assert participant(trellis, programme, MIA).is_unnamed
    chosen(trellis, MIA, "Name me")
    trellis.slack.submit(MIA, {"You are back on": "2026-12-24"}, view=chosen(trellis, MIA, "Pause"))
    assert standing_in(trellis, programme) == {MIA: PAUSED}
    home_shows(trellis, MIA, "You pause until Thu 24 Dec 2026")
    chosen(trellis, MIA, "Resume")
    assert standing_in(trellis, programme) == {MIA: IN}
    chosen(trellis, MIA, "Leave")
    assert standing_in(trellis, programme) == {MIA: LEFT}
    home_shows(trellis, MIA, "None yet. Join the programme of a channel")


def test_a_pause_may_have_no_end_but_none_in_the_past(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    trellis.slack.command(MIA, "/buddy join #career-growth")

    form = trellis.slack.command(MIA, "/buddy pause").view
    refused = trellis.slack.submit(MIA, {"You are back on": "2026-11-23"}, view=form)
    trellis.slack.submit(MIA, {"You are back on": ""}, view=form)

    assert "Pick a later one" in refused.errors["You are back on"]
    assert participant(trellis, programme, MIA).paused_until is None
    assert "You pause until you resume" in trellis.slack.command(MIA, "/buddy").text


def test_people_one_does_not_want_are_listed_added_and_allowed_again(trellis: Trellis) -> None:
    empty = pressed(trellis, MIA, home_of(trellis, MIA), "Keep me apart from")
    form = pressed(trellis, MIA, empty, "Add somebody")
    done = trellis.slack.submit(MIA, {"Never put me together with": ZOE}, view=form)

    listed = pressed(trellis, MIA, home_of(trellis, MIA), "Keep me apart from")

    assert "Only you can see this" in done.view.words  # type: ignore[union-attr]
    assert f"<@{ZOE}>" in listed.words
    assert "There is nobody" in pressed(trellis, MIA, listed, "Allow again").words


def test_an_owner_hands_over_and_ends_with_the_mouse(trellis: Trellis) -> None:
    started(trellis, AMY)
    form = pressed(trellis, AMY, chosen(trellis, AMY, "The programme…"), "Hand it over")
    refused = trellis.slack.submit(AMY, {"Who owns it from now on": JONAS}, view=form)
    given = trellis.slack.submit(AMY, {"Who owns it from now on": BEN}, view=form)

    assert "cannot own a programme" in refused.errors["Who owns it from now on"]
    assert f"<@{BEN}> owns" in given.view.words  # type: ignore[union-attr]
    pressed(trellis, BEN, chosen(trellis, BEN, "The programme…"), "End it")
    assert programme_of(trellis).ended_at  # type: ignore[union-attr]


OWNERS = ("buddies.open_change", "buddies.page", "buddies.end", "buddies.open_hand_over", "buddies.preview")
PARTNERS = ("buddies.skip", "buddies.leave", "buddies.resume", "buddies.pause")
JOINING = ("buddies.join", "buddies.join_here", "buddies.leave_here")


def test_an_id_of_a_programme_one_has_no_part_in_does_nothing(trellis: Trellis) -> None:
    programme = started(trellis, BEN, channel=MANAGERS)
    message = trellis.slack.command(JONAS, "/buddy").message

    def press(action: str, value: str) -> str:
        forged = forging.button(message, "Start a programme", value, action_id=action)
        return trellis.slack.press(JONAS, forged, "Start a programme").text

    for value in (str(programme.id), "x"):
        said = [press(action, value) for action in OWNERS]
        assert all("Only the owner" in each or "from another time" in each for each in said)
        said = [press(action, value) for action in PARTNERS]
        assert all("take no part" in each or "from another time" in each for each in said)
        assert not any(MANAGERS in press(action, value) for action in JOINING)
    assert standing_in(trellis, programme) == {}
    assert programme_of(trellis, MANAGERS).ended_at is None  # type: ignore[union-attr]


def test_a_forged_form_changes_nothing(trellis: Trellis) -> None:
    programme = started(trellis, AMY)
    form = pressed(trellis, AMY, chosen(trellis, AMY, "The programme…"), "Change it")
    values = forging.changed(form)

    for who, carried in ((RAY, str(programme.id)), (AMY, str(programme.id + 9)), (AMY, "x")):
        said = forging.submission(trellis, who, form, values, private_metadata=carried)
        assert said["response_action"] == "errors"
    odd = forging.changed(form, group_size=forging.option("99"), mixing=forging.option("<!channel>"))
    said = forging.submission(trellis, AMY, form, odd)
    assert said["errors"] == {
        "buddies.mixing": "That is none of the choices. Close the form and open it again."
    }
    assert programme_of(trellis).group_size == 2  # type: ignore[union-attr]
    pausing = trellis.slack.command(AMY, "/buddy join #career-growth")
    assert "You are in" in pausing.text
    pause = trellis.slack.command(AMY, "/buddy pause").view
    assert pause is not None
    carried = f"{programme.id},{programme.id + 1}"
    said = forging.submission(trellis, AMY, pause, forging.changed(pause), private_metadata=carried)
    assert said["response_action"] == "errors"
    assert standing_in(trellis, programme) == {AMY: IN}
