"""The tour: what a newcomer may try, as the file given at the start of the sandbox tells it."""

from dataclasses import dataclass
from urllib.parse import quote

from sandbox.model import TourStep
from sandbox.world import World


@dataclass(frozen=True)
class Stop:
    """One step of the tour; `href` leads to the person and puts the command into their composer."""

    title: str
    text: str
    command: str
    href: str
    as_name: str


@dataclass(frozen=True)
class Tour:
    """The steps, and whether the panel is shown."""

    steps: list[Stop]
    shown: bool


def tour_for(world: World, me: str, place: str, *, is_hidden: bool) -> Tour:
    """Give the tour as somebody at a place sees it."""
    steps = [_stop(world, step, me, place) for step in world.tour]
    return Tour(steps, shown=bool(steps) and not is_hidden)


def _stop(world: World, step: TourStep, me: str, place: str) -> Stop:
    named = world.people.get(step.person) or world.by_handle(step.person.removeprefix("@"))
    person = named if named and named.can_be_played else world.people[me]
    stays = person.id == me and place != "home"
    address = f"/as/{me}/{place}" if stays else f"/as/{person.id}"
    if step.command:
        return Stop(
            step.title, step.text, step.command, f"{address}?draft={quote(step.command)}", person.first_name
        )
    return Stop(step.title, step.text, "", address if named else "", person.first_name)
