"""The way in: every request passes here before its listener, which then knows who acts and what they see."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

from slack_bolt import BoltContext, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from bot import members
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.patience import only_look, somebody_waits
from bot.runtime.process import Door
from handlers import home
from handlers.acquaintance import Familiar, acquaint
from handlers.doors import Visit
from handlers.late import Late
from handlers.screens import Screen


class PromptApp(Door):
    """Bolt's app, whose listeners give up in the store what they cannot answer while Slack listens, and do it late."""

    def __init__(self, *, sessions: Sessions, clock: Clock, client: WebClient, **settings: Any) -> None:
        super().__init__(client=client, **settings)
        self.late = Late(self.dispatch, client, sessions, clock)

    def begin(self) -> None:
        """Go on with what was put off by a process that was killed."""
        self.late.begin()

    def end(self) -> None:
        """Do what was put off, leave it to another process, or say that it is not done."""
        self.late.end()

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer a request: a middleware could not say when, for it is left before its listener begins."""
        with somebody_waits():
            return super().dispatch(req)


@dataclass(frozen=True)
class Entrance(Middleware):
    """Offers listeners by parameter name: sessions, clock, actor, visit and screen."""

    sessions: Sessions
    clock: Clock
    executor: Executor
    """Runs what follows an answer."""
    familiar: Familiar
    late: Late
    """Keeps what the store does not take while Slack listens."""

    def process(
        self,
        *,
        req: BoltRequest,
        resp: BoltResponse,
        next: Callable[[], BoltResponse],  # noqa: A002 — Bolt's name
    ) -> BoltResponse | None:
        """Let a request in; raises NobodyThere or SlackSilent for somebody who acts and is not known.

        Not for events: a profile changes every second somewhere in a large company, and asking Slack about each
        would use up what it allows; an event that needs the member gets acquainted itself.
        """
        context, kind = req.context, req.body.get("type")
        context.update(sessions=self.sessions, clock=self.clock)
        if context.team_id and context.user_id:
            actor = Actor(context.team_id, context.user_id)
            publish = partial(home.publish, context.client, actor, sessions=self.sessions, clock=self.clock)
            executor = context.get("following", self.executor)
            context.update(actor=actor, screen=Screen(req.body, context, executor, publish))
            if kind != "event_callback":
                self._note_when_asked(actor, context)
                context["visit"] = self._meet(actor, context)
        if kind == "block_actions":
            context.ack()  # a click has no other answer; what it leads to is shown on the screen
        return next()

    def _note_when_asked(self, actor: Actor, context: BoltContext) -> None:
        """Note what a later attempt brings with it; whoever waits for one writes nothing before."""
        if "late" in context:
            return
        context.update(late=self.late, asked_at=self.clock.people_now())
        if self.late.is_before(actor):
            only_look()

    def _meet(self, actor: Actor, context: BoltContext) -> Visit:
        look_up = partial(acquaint, context.client, self.sessions, self.clock, actor, actor.user_id)
        member = self.familiar.meet(actor, self.sessions, self.clock, look_up)
        if member is None:
            raise members.NobodyThere
        return Visit(actor, member, self.clock.people_now(), self.clock.machine_now(), context["asked_at"])
