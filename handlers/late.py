"""What the store did not take while Slack listened: it is kept, tried again, and answered where it was asked for.

Only what left no trace is tried again: `doors` puts off what certainly asked for no commit. It is written down as soon
as anything can be (`inbox`), so that another process goes on with it where this one is killed; its receipt, taken with
its effect, has it there once. What somebody asks for meanwhile has to wait its turn as far as it writes; they may look.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from slack_bolt import BoltContext, BoltRequest, BoltResponse
from slack_sdk import WebClient
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.permissions import Actor
from bot.runtime import patience
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.inbox import Inbox
from bot.runtime.metrics import LATE_REQUESTS
from bot.runtime.notebook import Notebook, Sheet
from bot.runtime.patience import OutOfTime, OutOfTurn, somebody_waits
from bot.runtime.perseverance import Perseverance
from handlers import doors
from handlers.doors import DoneBefore
from handlers.late_places import FORM, Place, place_of
from handlers.views import late as views
from handlers.views.elements import Payload
from models.receipts import Receipt

log = logging.getLogger(__name__)

LASTS_SECONDS = 300.0
"""How long one is tried before it is given up: the interim word says so."""
LAST_SECONDS = 6.0
"""How long a process that is told to end goes on trying: all of it has to end within 25 s."""
CLICK = "block_actions"
Dispatch = Callable[[BoltRequest], BoltResponse]


class Late:
    """Keeps the requests of people that the store does not take, and tries them again."""

    def __init__(self, dispatch: Dispatch, client: WebClient, sessions: Sessions, clock: Clock) -> None:
        """Try them again with `dispatch`, which lets in what comes over a socket without a signature."""
        self._dispatch, self._client, self._sessions, self._clock = dispatch, client, sessions, clock
        self._kept = Perseverance()
        self._inbox = Inbox(Notebook(sessions), self._take_up, self._kept.room)

    def begin(self) -> None:
        """Go on with what a process left that was killed."""
        self._inbox.begin()

    def is_before(self, actor: Actor) -> bool:
        """Whether something they asked for earlier is still to be done."""
        return self._kept.holds_of(actor)

    def put_off(self, error: Exception, body: Payload, context: BoltContext) -> BoltResponse | None:
        """Keep a request and give the interim answer; None if it is no person's, had an answer, or there is no room."""
        kind = _kind(body)
        if kind is None or "actor" not in context or _is_answered(kind, context):
            return None
        actor, ends_at = context["actor"], time.monotonic() + LASTS_SECONDS
        written = json.dumps(body)
        sheet = Sheet(
            uuid.uuid4().hex, actor.workspace_id, actor.user_id, written, context["asked_at"], ends_at
        )
        again = self._again(sheet, body, context)
        if not self._kept.take(actor, again, ends_at, first=partial(self._inbox.hold, sheet)):
            LATE_REQUESTS.labels("refused").inc()
            return None
        about = {"request": sheet.id, "kind": kind, "error": type(error).__name__}
        log.warning("request_put_off", extra=about)
        self._inbox.see_written(sheet.id, patience.answers_by())
        return again.place.interim()

    def settle(self, seconds: float) -> bool:
        """Wait until all is done or given up, and nothing of it is written any more; False if it is not."""
        return self._kept.settle(seconds) and self._inbox.settle(seconds)

    def end(self) -> None:
        """Take no more, and leave the rest to another process after a last attempt, or give it up."""
        self._inbox.leave()
        self._kept.end(LAST_SECONDS)
        self._inbox.end()

    def _take_up(self, sheet: Sheet) -> None:
        """Go on with what another process left."""
        body: Payload = json.loads(sheet.body)
        actor = Actor(sheet.workspace_id, sheet.user_id)
        # What Bolt knows of a request that comes in: it is shown where it was asked for, also if it is not tried again.
        bolts = {"response_url": body.get("response_url"), "client": self._client}
        ours = {"sessions": self._sessions, "clock": self._clock, "actor": actor, "asked_at": sheet.asked_at}
        context = BoltContext({**bolts, **ours})
        if not self._kept.take(actor, self._again(sheet, body, context, is_left_over=True), sheet.ends_at):
            self._inbox.let_go(sheet.id)
            return
        log.warning("request_taken_up", extra={"request": sheet.id, "kind": _kind(body)})
        LATE_REQUESTS.labels("taken_up").inc()

    def _again(
        self, sheet: Sheet, body: Payload, context: BoltContext, *, is_left_over: bool = False
    ) -> Again:
        place = place_of(body, context)
        return Again(sheet.id, body, context, place, self._dispatch, self._inbox, is_left_over=is_left_over)


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

    sheet_id: str
    body: Payload
    context: BoltContext
    """Of the first attempt."""
    place: Place
    dispatch: Dispatch
    inbox: Inbox
    is_left_over: bool
    """Whether another process may have done it."""
    _failure: Exception | None = field(default=None, init=False)
    """Why the last attempt is to be made again."""
    _is_done_elsewhere: bool = field(default=False, init=False)
    _show: Callable[[], object] = field(default=bool, init=False)
    """Shows what came of it."""
    _leave: Callable[[str], object] = field(default=bool, init=False)
    """Says what is to become of the sheet then."""

    def attempt(self, seconds: float) -> bool:
        """Try it; False if the store did not take it and it left no trace."""
        self._failure, following = None, Following()
        request = BoltRequest(mode="socket_mode", body=self.body, context=self._carried(following))
        with somebody_waits(seconds, self._mark):
            response = self.dispatch(request)
            is_known = not patience.may_have_kept()
            if is_known and self.is_left_over and not (self._failure or self._is_done_elsewhere):
                self._look_whether_done()
        if self._failure is not None:
            return False
        # If another has done it, what is only looked up or refused here is not what came of it.
        may_be_done = is_known and not self.inbox.is_ours(self.sheet_id)
        if self._is_done_elsewhere or may_be_done:
            self._end_unseen()
            return True
        show = partial(self._show_answer, request.context, response, following, is_known=is_known)
        self._end("answered", show, self.inbox.done)
        return True

    def _carried(self, following: Following) -> dict[str, Any]:
        """What the entrance takes from here instead of its own."""
        asked_at = self.context["asked_at"]
        return {"late": self, "asked_at": asked_at, "following": following, "dialog": self.place.dialog}

    @property
    def _receipt(self) -> str:
        return f"late:{self.sheet_id}"

    def _mark(self, session: Session) -> None:
        """Have its effect once, whoever else tries it; raises DoneBefore."""
        at = self.context["clock"].machine_now()
        try:
            doors.once(session, self.context["actor"], self._receipt, at=at)
        except DoneBefore:
            self._is_done_elsewhere = True
            raise

    def _look_whether_done(self) -> None:
        """Find out whether what is refused here, before anything is written, is refused because it holds already."""
        workspace_id = self.context["actor"].workspace_id
        try:
            with self.context["sessions"].read() as session:
                taken = session.scalars(Receipt.taken_among(workspace_id, [self._receipt])).first()
        except (SQLAlchemyError, OutOfTime) as failure:
            self._failure = failure
            return
        self._is_done_elsewhere = taken is not None

    def put_off(self, error: Exception, _body: Payload, _context: BoltContext) -> BoltResponse:
        """Note that it is to be tried once more; its answer goes to nobody."""
        self._failure = error
        return BoltResponse(status=200, body="")

    def give_up(self) -> None:
        """Have it said that nothing was changed where that is certain; a process that ends leaves it to another."""
        if self.inbox.may_leave(self.sheet_id):
            self._end("left", bool, bool)
            return
        if self.inbox.is_lost(self.sheet_id):
            self._end("left", bool, self.inbox.let_go)
        elif self.is_left_over or not self.inbox.is_ours(self.sheet_id):
            self._end("given_up", partial(self.place.tell, views.LEFT_OVER), self.inbox.done)
        else:
            bug = doors.logged(self._failure or OutOfTurn(), self.body)
            self._end("given_up", partial(self.place.say, doors.SLOW.format(bug)), self.inbox.done)

    def _end_unseen(self) -> None:
        """Have it said by who has it now that nobody knows whether its answer was seen."""
        if self.is_left_over and self.inbox.is_ours(self.sheet_id):
            self._end("given_up", partial(self.place.tell, views.LEFT_OVER), self.inbox.done)
            return
        self._end("left", bool, self.inbox.let_go)

    def _end(self, outcome: str, show: Callable[[], object], leave: Callable[[str], object]) -> None:
        self._show, self._leave = show, leave
        LATE_REQUESTS.labels(outcome).inc()
        about = {"request": self.sheet_id, "kind": _kind(self.body), "outcome": outcome}
        log.info("late_request_ended", extra=about)

    def tell(self) -> None:
        """Show what came of it where it was asked for."""
        try:
            self._show()
        except doors.UNHEARD as unheard:
            about = {"request": self.sheet_id, "error": type(unheard).__name__}
            log.warning("late_answer_unsaid", extra=about)
        finally:
            self._leave(self.sheet_id)

    def _show_answer(
        self, context: BoltContext, response: BoltResponse, following: Following, *, is_known: bool
    ) -> None:
        """Show the answer and what follows it; what had its effect before was shown before."""
        answer = json.loads(response.body) if response.body.startswith("{") else {}
        self.place.show(answer, is_known=is_known)
        has_followed = following.run()
        if not answer and "done_before" not in context:
            self.place.conclude(has_followed=has_followed)
