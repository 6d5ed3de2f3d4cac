"""Settings from the environment and `.env`, read once, checked all together, then frozen."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values

from bot.runtime.faults import WrongUse

SLACK_API_URL = "https://slack.com/api/"
PROFILE_FIELDS = (
    *("department", "manager", "location", "starts_on"),
    *("skills_offered", "skills_wanted", "languages"),
)
"""What a field of Slack profiles can be mapped to."""
_ALSO = {"start_date": "starts_on"}
NUMBERS = {"PORT": range(65_536), "WEB_CONCURRENCY": range(1, 1_000), "WEB_THREADS": range(1, 1_000)}
"""What these may be; nobody would be let in by no process or thread."""
STORES = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
ROOT = Path(__file__).resolve().parents[2]


Need = Literal["our name", "any door", "http door"]
OUR_NAME: Need = "our name"
ANY_DOOR: Need = "any door"
HTTP_DOOR: Need = "http door"
"""What a process cannot do without: a token to speak with, a way in, or the way in over HTTP in particular."""


class BadSettings(WrongUse):
    """Something in the environment is missing or wrong; every fault is named at once."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True, repr=False)
class Settings:
    """What the processes need to know; never printed, for it holds tokens."""

    bot_token: str
    signing_secret: str
    app_token: str | None
    slack_api_url: str
    database_url: str
    port: int
    host: str
    clock_url: str | None
    log_level: str
    processes: int
    threads: int
    profile_fields: Mapping[str, str] = field(default_factory=dict)
    """By a field of a person's profile with us, the id or the label of the one in Slack that says it."""

    @property
    def is_local_slack(self) -> bool:
        """Whether Slack is a stand-in on this machine, where time may be moved."""
        return is_loopback(self.slack_api_url)


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_environment() -> dict[str, str]:
    """Merge `.env` beside `app.py` with the environment, which wins."""
    written = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    return {**written, **os.environ}  # noqa: TID251 - the one place


def database_url(environment: Mapping[str, str]) -> str:
    """Name the store: a SQLite file beside `app.py` unless DATABASE_URL says otherwise.

    Hosts still hand out `postgres://`, which SQLAlchemy no longer reads.
    """
    url = environment.get("DATABASE_URL") or f"sqlite:///{ROOT / 'trellis.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def load(environment: Mapping[str, str], *, needs: Collection[Need] = (OUR_NAME, ANY_DOOR)) -> Settings:
    """Read the settings; raises BadSettings naming all that is missing or wrong."""
    faults = _faults(environment, needs)
    if faults:
        raise BadSettings(faults)
    api = environment.get("SLACK_API_URL") or SLACK_API_URL
    return Settings(
        bot_token=environment.get("SLACK_BOT_TOKEN", ""),
        signing_secret=environment.get("SLACK_SIGNING_SECRET", ""),
        app_token=environment.get("SLACK_APP_TOKEN") or None,
        slack_api_url=api if api.endswith("/") else f"{api}/",
        database_url=database_url(environment),
        port=int(environment.get("PORT") or 3000),
        host=environment.get("HOST") or "0.0.0.0",  # noqa: S104 - a balancer stands in front
        clock_url=environment.get("CLOCK_URL") or None,
        log_level=(environment.get("LOG_LEVEL") or "INFO").upper(),
        processes=int(environment.get("WEB_CONCURRENCY") or 1),
        threads=int(environment.get("WEB_THREADS") or 16),
        profile_fields=_profile_fields(environment),
    )


def _faults(environment: Mapping[str, str], needs: Collection[Need]) -> list[str]:
    return [
        *(_token_faults(environment) if OUR_NAME in needs else []),
        *_door_faults(environment, needs),
        *_number_faults(environment),
        *_level_faults(environment),
        *_store_faults(environment),
        *_clock_faults(environment),
        *_profile_faults(environment),
    ]


def _token_faults(environment: Mapping[str, str]) -> list[str]:
    bot = environment.get("SLACK_BOT_TOKEN")
    if not bot:
        return ["SLACK_BOT_TOKEN is missing: Slack shows it under OAuth & Permissions, it begins with xoxb-"]
    if not bot.startswith("xoxb-"):
        return ["SLACK_BOT_TOKEN is not a bot token: it should begin with xoxb-"]
    return []


def _door_faults(environment: Mapping[str, str], needs: Collection[Need]) -> list[str]:
    app, secret = environment.get("SLACK_APP_TOKEN"), environment.get("SLACK_SIGNING_SECRET")
    faults = []
    if app and not app.startswith("xapp-"):
        faults.append("SLACK_APP_TOKEN is not an app-level token: it should begin with xapp-")
    if HTTP_DOOR in needs and not secret:
        faults.append("SLACK_SIGNING_SECRET is missing: Slack shows it under Basic Information")
    if ANY_DOOR in needs and not (app or secret):
        faults.append(
            "SLACK_APP_TOKEN (Socket Mode, xapp-…) and SLACK_SIGNING_SECRET (HTTP) are both missing: "
            "one of them is how Slack reaches the bot"
        )
    return faults


def _number_faults(environment: Mapping[str, str]) -> list[str]:
    given = {name: environment[name] for name in NUMBERS if environment.get(name)}
    return [
        f"{name} is {text!r}: it should be a whole number {_span(NUMBERS[name])}"
        for name, text in given.items()
        if not (text.isascii() and text.isdigit() and int(text) in NUMBERS[name])
    ]


def _span(numbers: range) -> str:
    return f"from {numbers.start} to {numbers[-1]}"


def _level_faults(environment: Mapping[str, str]) -> list[str]:
    level = environment.get("LOG_LEVEL") or "INFO"
    if level.upper() in logging.getLevelNamesMapping():
        return []
    return [f"LOG_LEVEL is {level!r}: it should be DEBUG, INFO, WARNING or ERROR"]


def _store_faults(environment: Mapping[str, str]) -> list[str]:
    """Find an address that names no store of ours; it is not shown, for it may hold a password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        kind = make_url(database_url(environment)).drivername
    except (ArgumentError, ValueError):
        kind = ""
    if kind in STORES:
        return []
    return [
        "DATABASE_URL should look like postgresql://user:password@host/database or sqlite:////path/trellis.db"
    ]


def _clock_faults(environment: Mapping[str, str]) -> list[str]:
    clock = environment.get("CLOCK_URL")
    if not clock:
        return []
    if not is_loopback(environment.get("SLACK_API_URL") or SLACK_API_URL):
        return ["CLOCK_URL is set: people's time may be moved only while SLACK_API_URL is on this machine"]
    return [] if is_loopback(clock) else ["CLOCK_URL is not on this machine"]


def _profile_fields(environment: Mapping[str, str]) -> dict[str, str]:
    """Read `department=Xf123, start date=First day`: by our field the one in Slack."""
    return {_our_field(ours): slacks.strip() for ours, _, slacks in _pairs(environment)}


def _our_field(written: str) -> str:
    name = "_".join(written.casefold().split())
    return _ALSO.get(name, name)


def _pairs(environment: Mapping[str, str]) -> list[tuple[str, str, str]]:
    entries = (environment.get("SLACK_PROFILE_FIELDS") or "").split(",")
    return [entry.partition("=") for entry in entries if entry.strip()]


def _profile_faults(environment: Mapping[str, str]) -> list[str]:
    seen: set[str] = set()
    faults = []
    for written, sign, slacks in _pairs(environment):
        ours = _our_field(written)
        if not (sign and slacks.strip()):
            faults.append(f"{written.strip()!r} should look like department=Xf0123456 or department=Team")
        elif ours not in PROFILE_FIELDS:
            known = ", ".join(name.replace("_", " ") for name in PROFILE_FIELDS)
            faults.append(f"{written.strip()!r} is none of {known}")
        elif ours in seen:
            faults.append(f"{written.strip()!r} is named twice")
        seen.add(ours)
    return [f"SLACK_PROFILE_FIELDS: {fault}" for fault in faults]
