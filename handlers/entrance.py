"""The way in: every request passes here before its listener, which then knows who acts and what they see."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from slack_bolt import App, BoltContext, BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware

from bot import members
from bot.permissions import Actor
from bot.runtime.clock import Clock
from bot.runtime.database import Sessions
from bot.runtime.patience import somebody_waits
from handlers import home
from handlers.acquaintance import Familiar, acquaint
from handlers.doors import Visit
from handlers.screens import Screen


class PromptApp(App):
    """Bolt's app, whose listeners give up in the store what they cannot answer while Slack listens."""

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
            context.update(actor=actor, screen=Screen(req.body, context, self.executor, publish))
            if kind != "event_callback":
                context["visit"] = self._meet(actor, context)
        if kind == "block_actions":
            context.ack()  # a click has no other answer; what it leads to is shown on the screen
        return next()

    def _meet(self, actor: Actor, context: BoltContext) -> Visit:
        look_up = partial(acquaint, context.client, self.sessions, self.clock, actor, actor.user_id)
        member = self.familiar.meet(actor, self.sessions, self.clock, look_up)
        if member is None:
            raise members.NobodyThere
        return Visit(actor, member, self.clock.people_now(), self.clock.machine_now())
