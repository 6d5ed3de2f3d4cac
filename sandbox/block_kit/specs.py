"""The small language of Block Kit's rules: a spec yields what is wrong with a value, in Slack's words."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from sandbox.model import Json

Spec = Callable[[object, str], Iterator[str]]
"""Checks the value that stands at a JSON pointer and yields every problem."""


def problem(message: str, pointer: str) -> str:
    """Word a problem as Slack's `response_metadata.messages` do."""
    return f"[ERROR] {message} [json-pointer:{pointer}]"


def string(maximum: int, *, minimum: int = 1, pattern: str | None = None) -> Spec:
    """Require a text of at most so many characters."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must provide a string", pointer)
        elif len(value) < minimum:
            yield problem(f"must be more than {minimum - 1} characters", pointer)
        elif len(value) > maximum:
            yield problem(f"must be less than {maximum + 1} characters", pointer)
        elif pattern and not re.fullmatch(pattern, value):
            yield problem("failed to match required format", pointer)

    return check


def one_of(*allowed: str) -> Spec:
    """Require one of the given words."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if value not in allowed:
            yield problem("must be a valid enum value", pointer)

    return check


def boolean(value: object, pointer: str) -> Iterator[str]:
    """Require true or false."""
    if not isinstance(value, bool):
        yield problem("must provide a boolean", pointer)


def integer(minimum: int, maximum: int) -> Spec:
    """Require a whole number in a range."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield problem("must provide a number", pointer)
        elif value < minimum:
            yield problem(f"must be greater than or equal to {minimum}", pointer)
        elif value > maximum:
            yield problem(f"must be less than or equal to {maximum}", pointer)

    return check


def calendar_day(value: object, pointer: str) -> Iterator[str]:
    """Require a date that exists, as YYYY-MM-DD."""
    try:
        if not (isinstance(value, str) and date.fromisoformat(value).isoformat() == value):
            yield problem("must be a valid date", pointer)
    except ValueError:
        yield problem("must be a valid date", pointer)


def anything(value: object, pointer: str) -> Iterator[str]:
    """Accept whatever Slack itself adds or ignores."""
    yield from ()


def items(spec: Spec, *, maximum: int, minimum: int = 1) -> Spec:
    """Require a list whose items all fit."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must provide an array", pointer)
            return
        if len(value) > maximum:
            yield problem(f"no more than {maximum} items allowed", pointer)
        if len(value) < minimum:
            yield problem(f"no less than {minimum} items allowed", pointer)
        for index, item in enumerate(value):
            yield from spec(item, f"{pointer}/{index}")

    return check


def record(required: Mapping[str, Spec], optional: Mapping[str, Spec] | None = None, *also: Spec) -> Spec:
    """Require an object with these fields and no others; `also` are checks of fields that depend on each other."""
    known = {**required, **(optional or {})}

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", pointer)
            return
        yield from (
            problem(f"missing required field: {name}", pointer) for name in required if name not in value
        )
        yield from (
            problem(f"invalid additional property: {name}", pointer) for name in value if name not in known
        )
        for name, spec in known.items():
            if name in value:
                yield from spec(value[name], f"{pointer}/{name}")
        for spec in also:
            yield from spec(value, pointer)

    return check


def typed(specs: Mapping[str, Spec]) -> Spec:
    """Require an object that fits the spec of its `type`."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must provide an object", pointer)
        elif "type" not in value:
            yield problem("missing required field: type", pointer)
        elif not isinstance(value["type"], str) or value["type"] not in specs:
            yield problem(f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            yield from specs[value["type"]](value, pointer)

    return check


def exactly_one(*names: str) -> Spec:
    """Require one of the fields, and not two of them."""

    def check(value: object, pointer: str) -> Iterator[str]:
        present = [name for name in names if isinstance(value, dict) and name in value]
        listed = " or ".join(f"`{name}`" for name in names)
        if not present:
            yield problem(f"must define either {listed}", pointer)
        elif len(present) > 1:
            yield problem(f"must define only one of {listed}", pointer)

    return check


def at_least_one(*names: str) -> Spec:
    """Require one of the fields at least."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict) or not any(name in value for name in names):
            yield problem(f"must define either {' or '.join(f'`{name}`' for name in names)}", pointer)

    return check


def as_record(value: object) -> Json:
    """Return an object to look into, empty if the value is none (which its own spec has reported)."""
    return value if isinstance(value, dict) else {}
