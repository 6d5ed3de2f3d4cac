"""What the store did not take while Slack listened: it is kept, tried again, and answered where it was asked for.

Only what left no trace is tried again: `doors` puts off what certainly asked for no commit. So it is there once,
unless the process is killed, which the interim word allows for. What somebody asks for meanwhile has to wait its turn
as far as it writes; they may look.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from slack_bolt import BoltContext, BoltRequest, BoltResponse

from bot.permissions import Actor
from bot.runtime import patience
from bot.runtime.metrics import LATE_REQUESTS
from bot.runtime.patience import OutOfTurn, somebody_waits
from bot.runtime.perseverance import Perseverance
from handlers import doors
from handlers.late_places import FORM, Place, place_of
from handlers.views.elements import Payload

log = logging.getLogger(__name__)

LAST_SECONDS = 6.0
"""How long a process that is told to end goes on trying: all of it has to end within 25 s."""
CLICK = "block_actions"
Dispatch = Callable[[BoltRequest], BoltResponse]


class Late:
    """Keeps the requests of people that the store does not take, and tries them again."""

    def __init__(self, dispatch: Dispatch) -> None:
        """Try them again with `dispatch`, which lets in what comes over a socket without a signature."""
        self._dispatch, self._kept = dispatch, Perseverance()

    def is_before(self, actor: Actor) -> bool:
        """Whether something they asked for earlier is still to be done."""
        return self._kept.holds_of(actor)

    def put_off(self, error: Exception, body: Payload, context: BoltContext) -> BoltResponse | None:
        """Keep a request and give the interim answer; None if it is no person's, had an answer, or there is no room."""
        kind = _kind(body)
        if kind is None or "actor" not in context or _is_answered(kind, context):
            return None
        place = place_of(body, context)
        again = Again(body, context, place, self._dispatch)
        if not self._kept.take(context["actor"], again):
            LATE_REQUESTS.labels("refused").inc()
            return None
        log.warning("request_put_off", extra={"kind": kind, "error": type(error).__name__})
        return place.interim()

    def settle(self, seconds: float) -> bool:
        """Wait until all is done or given up; False if it is not."""
        return self._kept.settle(seconds)

    def end(self) -> None:
        """Take no more, and give the rest up after a last attempt."""
        self._kept.end(LAST_SECONDS)


def _kind(body: Payload) -> str | None:
    """Say what sort of request it is; None if no person waits for its answer."""
    if "command" in body:
        return "command"
    kind = str(body.get("type"))
    return kind if kind in (CLICK, FORM) else None


def _is_answered(kind: str, context: BoltContext) -> bool:
    """Whether they saw something of it; a click is acknowledged before anything is done, which shows nothing."""
    return "follows" in context or (kind != CLICK and context.ack.response is not None)


class Following(Executor):
    """Keeps what follows an answer until that has been shown."""

    def __init__(self) -> None:
        self._work: list[Callable[[], object]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Keep it."""
        self._work.append(partial(fn, *args, **kwargs))
        return Future()

    def run(self) -> bool:
        """Do it; says whether there was anything."""
        for work in self._work:
            work()
        return bool(self._work)


@dataclass
class Again:
    """A request that is tried again."""

    body: Payload
    context: BoltContext
    """Of the first attempt."""
    place: Place
    dispatch: Dispatch
    _failure: Exception | None = field(default=None, init=False)
    """Why the last attempt is to be made again."""
    _show: Callable[[], object] = field(default=bool, init=False)
    """Shows what came of it."""

    def attempt(self, seconds: float) -> bool:
        """Try it; False if the store did not take it and it left no trace."""
        self._failure, following = None, Following()
        request = BoltRequest(mode="socket_mode", body=self.body, context=self._carried(following))
        with somebody_waits(seconds):
            response = self.dispatch(request)
            is_known = not patience.may_have_kept()
        if self._failure is not None:
            return False
        self._show = partial(self._show_answer, request.context, response, following, is_known=is_known)
        _note(self.body, "answered")
        return True

    def _carried(self, following: Following) -> dict[str, Any]:
        """What the entrance takes from here instead of its own."""
        asked_at = self.context["asked_at"]
        return {"late": self, "asked_at": asked_at, "following": following, "dialog": self.place.dialog}

    def put_off(self, error: Exception, _body: Payload, _context: BoltContext) -> BoltResponse:
        """Note that it is to be tried once more; its answer goes to nobody."""
        self._failure = error
        return BoltResponse(status=200, body="")

    def give_up(self) -> None:
        """Have it said that nothing was changed, which is certain: else it would not be tried again."""
        bug = doors.logged(self._failure or OutOfTurn(), self.body)
        self._show = partial(self.place.say, doors.SLOW.format(bug))
        _note(self.body, "given_up")

    def tell(self) -> None:
        """Show what came of it where it was asked for."""
        try:
            self._show()
        except doors.UNHEARD as unheard:
            log.warning("late_answer_unsaid", extra={"error": type(unheard).__name__})

    def _show_answer(
        self, context: BoltContext, response: BoltResponse, following: Following, *, is_known: bool
    ) -> None:
        """Show the answer and what follows it; what had its effect before was shown before."""
        answer = json.loads(response.body) if response.body.startswith("{") else {}
        self.place.show(answer, is_known=is_known)
        has_followed = following.run()
        if not answer and "done_before" not in context:
            self.place.conclude(has_followed=has_followed)


def _note(body: Payload, outcome: str) -> None:
    LATE_REQUESTS.labels(outcome).inc()
    log.info("late_request_ended", extra={"kind": _kind(body), "outcome": outcome})
