"""Views of a member's settings: working hours, lead time, silence."""

from __future__ import annotations

from datetime import datetime, time

from bot.errors import Refusal
from bot.members import Preferences, limits_of
from handlers.views import attention, elements
from handlers.views.elements import Block, Message, Payload, View
from models.members import Member

OPEN_SETTINGS, SETTINGS = "members.open_settings", "members.settings"
PAUSE, RESUME = "members.pause", "members.resume"

_DAYS, _STARTS, _ENDS, _LEAD = "members.days", "members.starts", "members.ends", "members.lead"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LEADS = {
    1: "1 hour",
    2: "2 hours",
    4: "4 hours",
    8: "8 hours",
    24: "1 day",
    36: "a day and a half",
    48: "2 days",
}


class NoWorkingDay(Refusal):
    """Pick at least one day. For a break, use `/growth pause`."""


def settings_form(member: Member) -> View:
    """Ask for working hours, lead time, and how much may come; the zone is Slack's to change."""
    days = [elements.option(name, str(number)) for number, name in enumerate(_WEEKDAYS)]
    leads = dict(sorted({**_LEADS, member.lead_hours: _lead(member.lead_hours)}.items()))
    lead_options = [elements.option(words, str(hours)) for hours, words in leads.items()]
    return elements.modal(
        SETTINGS,
        "Settings",
        [
            elements.context(
                f"Your time zone is {member.zone}. It follows the one in your Slack preferences."
            ),
            elements.field(
                _DAYS, "Days on which I may write to you", elements.choices(days, list(member.work_days))
            ),
            elements.field(_STARTS, "From", _time_box(member.work_starts)),
            elements.field(_ENDS, "Until", _time_box(member.work_ends)),
            elements.field(
                _LEAD,
                "How long before a 1-on-1 its question comes",
                elements.choice("static_select", lead_options, str(member.lead_hours)),
            ),
            *attention.limit_fields(limits_of(member)),
        ],
        submit="Save",
    )


def _time_box(at: time) -> Block:
    return {"type": "timepicker", "initial_time": f"{at:%H:%M}"}


def _lead(hours: int) -> str:
    return _LEADS.get(hours) or f"{hours} hours"


def read_settings_form(view: Payload) -> Preferences:
    """Read what was set; raises NoWorkingDay, and NoSuchTopic or BadWeeklyNumber for what nobody offered."""
    values = view["state"]["values"]
    days = frozenset(_number(chosen["value"]) for chosen in values[_DAYS][_DAYS]["selected_options"])
    if not days or not days <= frozenset(range(len(_WEEKDAYS))):
        raise NoWorkingDay(field=_DAYS)
    return Preferences(
        work_days=days,
        work_starts=time.fromisoformat(values[_STARTS][_STARTS]["selected_time"]),
        work_ends=time.fromisoformat(values[_ENDS][_ENDS]["selected_time"]),
        lead_hours=_number(values[_LEAD][_LEAD]["selected_option"]["value"]),
        limits=attention.read_limits(values),
    )


def _number(value: str) -> int:
    """Read an option's value; what no list of ours offers becomes a number that is refused."""
    return int(value) if elements.is_number(value) else -1


def settings_saved(member: Member) -> View:
    """Say what holds from now on."""
    return elements.notice(f"Saved. {settings_in_words(member)}", "Settings")


def settings_in_words(member: Member) -> str:
    """Say when this member may be written to, how far ahead questions come, and how much else may."""
    days = ", ".join(_WEEKDAYS[int(digit)][:3] for digit in member.work_days)
    hours = f"{member.work_starts:%H:%M}–{member.work_ends:%H:%M}"
    questions = f"Questions come {_lead(member.lead_hours)} before a 1-on-1."
    limits = attention.limits_in_words(limits_of(member))
    return f"I write to you {days}, {hours} ({member.zone}). {questions} {limits}"


def paused(until: datetime | None, zone: str) -> Message:
    """Confirm the silence and say how to end it."""
    end = f"until {elements.when(until, zone)}" if until else "until you say `/growth resume`"
    return Message(f"I keep quiet {end}. Your 1-on-1s and goals stay as they are.")


def pause_in_words(member: Member) -> str:
    """Say that and until when I keep quiet."""
    until = f" until {elements.when(member.paused_until, member.zone)}" if member.paused_until else ""
    return f"*Paused{until}.*"


def resumed() -> Message:
    """Confirm the end of the silence."""
    return Message("I am back. Your next question comes before your next 1-on-1.")


def settings_blocks(member: Member, now: datetime) -> list[Block]:
    """Show the settings in App Home."""
    is_quiet = member.is_pausing(now)
    words = f"{pause_in_words(member)} " * is_quiet + settings_in_words(member)
    toggle = elements.button("Resume", RESUME) if is_quiet else elements.button("Pause", PAUSE)
    return [
        elements.header("Settings"),
        elements.section(words),
        elements.actions(elements.button("Change settings", OPEN_SETTINGS), toggle),
    ]
