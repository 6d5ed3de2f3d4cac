"""The log: one short line an event on stderr, ids as fields, and never a text that a person wrote."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; anything else was given as a field."""
CAPPED = {
    # At INFO and below these write requests and answers, which hold what people typed.
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    # Its errors quote what came instead of an answer; whoever asked tells what became of it.
    "slack_sdk.web": logging.CRITICAL,
    "urllib3": logging.WARNING,
    "werkzeug": logging.WARNING,
    "uvicorn": logging.WARNING,
    "alembic": logging.WARNING,
    # A beat that finds the last one still at work is skipped, which is meant.
    "apscheduler": logging.ERROR,
}
MESSAGE_CHARACTERS = 300
DATA_EXCEPTION = "22"
"""The class of PostgreSQL's codes whose messages quote a text, as one that is no number or no date."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class FieldFormatter(logging.Formatter):
    """Writes `time level event key=value …`; of a bug the frames and the type, not what the message quotes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Put the fields behind the event."""
        fields = {name: value for name, value in vars(record).items() if name not in USUAL}
        return " ".join([super().formatMessage(record), *(f"{n}={_bare(v)}" for n, v in fields.items())])

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        """Show where it happened and what kind of error it was, with what caused it above."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            lines = [*traceback.format_tb(error.__traceback__), _named(error), *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines)


def _bare(value: object) -> str:
    text = str(value).replace("\n", " ")
    return repr(text) if " " in text else text


def _named(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    telling = _telling(error)[:MESSAGE_CHARACTERS]
    return f"{kind}: {telling}\n" if telling else f"{kind}\n"


def _telling(error: BaseException) -> str:
    """Give its message if that names tables, hosts and Slack's codes; others may quote what they stumbled over."""
    # Every command sets up the log, and hardly one meets a bug: what raised the error has loaded these by then.
    from slack_sdk.errors import SlackApiError
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError

    if isinstance(error, DBAPIError):
        return told_by_store(error)
    return str(error) if isinstance(error, (PoolTimeoutError, SlackApiError, OSError)) else ""


def told_by_store(error: DBAPIError) -> str:
    """Give the first line of what a store or its driver said, or nothing if that may quote what a person wrote.

    PostgreSQL quotes the whole row in the lines below.
    """
    said: Any = error.orig
    if not _quotes_nobody(error):
        return ""
    primary = said.diag.message_primary if hasattr(said, "diag") else None
    return next(iter((primary or str(said)).strip().splitlines()), "")


def _quotes_nobody(error: DBAPIError) -> bool:
    """Whether these are the store's own words about tables and hosts.

    What a driver found by itself has no code of the store's, and may quote; of PostgreSQL's it is only the loss of the
    connection that does not.
    """
    from sqlalchemy.exc import OperationalError

    if state := getattr(error.orig, "sqlstate", None):
        return not str(state).startswith(DATA_EXCEPTION)
    is_away = isinstance(error, OperationalError) and hasattr(error.orig, "diag")
    return is_away or hasattr(error.orig, "sqlite_errorcode")


def _is_meant(record: logging.LogRecord) -> bool:
    """Hold back what libraries say below their cap: Bolt gives its loggers the root's level by itself."""
    name = record.name
    while name not in CAPPED and "." in name:
        name = name.rpartition(".")[0]
    return record.levelno >= CAPPED.get(name, logging.NOTSET)


def set_up(level: str, *, to: TextIO | None = None) -> None:
    """Send everything there (stderr) in our format, and keep the libraries from talking about people."""
    handler = logging.StreamHandler(to)
    handler.setFormatter(FieldFormatter())
    handler.addFilter(_is_meant)
    logging.basicConfig(level=level, handlers=[handler], force=True)
