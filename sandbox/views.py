"""What apps show beside messages: each person's stack of open modals, and their App Home."""

import secrets
from dataclasses import replace

from sandbox.changes import Changes
from sandbox.errors import SlackError
from sandbox.model import Json, StateValues, View

STACK_LIMIT = 3


class Views:
    """Open modals (a stack a person, the top one last) and published Homes."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def find(self, view_id: str) -> View:
        """Return the open modal or Home of this id; `not_found` if there is none (any more)."""
        for view in self._all():
            if view.id == view_id:
                return view
        raise SlackError("not_found")

    def find_external(self, external_id: str) -> View:
        """Return the view that the app gave this id of its own."""
        for view in self._all():
            if external_id and view.content.get("external_id") == external_id:
                return view
        raise SlackError("not_found")

    def open(self, user: str, content: Json) -> View:
        """Show a modal in place of whatever stack the person had."""
        self._refuse_external_twin(content)
        view = self._new(user, content)
        self.stacks[user] = [view]
        self._changes.bump()
        return view

    def push(self, user: str, content: Json) -> View:
        """Put a modal on top of the person's stack; at most three (Slack's limit)."""
        stack = self.stacks.get(user, [])
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK_LIMIT:
            raise SlackError("push_limit_reached")
        self._refuse_external_twin(content)
        stack.append(self._new(user, content, below=stack[-1]))
        self._changes.bump()
        return stack[-1]

    def update(self, view: View, content: Json, *, expected_hash: str = "") -> View:
        """Replace a view's content in place; `hash_conflict` if the app had an older one in mind."""
        self._check_hash(view, expected_hash)
        # What was typed stays in fields that are still there under the same id, as in Slack.
        still_there = {block["block_id"] for block in content["blocks"]}
        values = {block_id: held for block_id, held in view.values.items() if block_id in still_there}
        updated = replace(view, content=content, hash=self._new_hash(), values=values)
        if view.type == "home":
            self.homes[view.user] = updated
        else:
            stack = self.stacks[view.user]
            stack[stack.index(view)] = updated
        self._changes.bump()
        return updated

    def publish(self, user: str, content: Json, *, expected_hash: str = "") -> View:
        """Set somebody's Home."""
        if home := self.homes.get(user):
            return self.update(home, content, expected_hash=expected_hash)
        self.homes[user] = self._new(user, content)
        self._changes.bump()
        return self.homes[user]

    def remember(self, view: View, values: StateValues) -> View:
        """Keep what the form holds, so that the next payload and a reload of the page show it."""
        kept = replace(view, values=values)
        if view.type == "home":
            self.homes[view.user] = kept
        else:
            self.stacks[view.user] = [kept if each.id == view.id else each for each in self.stacks[view.user]]
        return kept

    def close(self, view: View, *, all_of_them: bool = False) -> list[View]:
        """Take the modal, and all above it (or the whole stack), away; return what was closed, top first."""
        stack = self.stacks.get(view.user, [])
        at = 0 if all_of_them else next((i for i, each in enumerate(stack) if each.id == view.id), len(stack))
        closed = stack[at:]
        del stack[at:]
        self._changes.bump()
        return closed[::-1]

    def top(self, user: str) -> View | None:
        """Return the modal in front of the person."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def _all(self) -> list[View]:
        return [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())

    def _new(self, user: str, content: Json, *, below: View | None = None) -> View:
        # An app may key what a form did by its view's id, so ids must stay unique over restarts and resets.
        view_id = f"V{secrets.token_hex(5).upper()}"
        root, previous = (below.root_id, below.id) if below else (view_id, None)
        return View(
            id=view_id, user=user, content=content, hash=self._new_hash(), root_id=root, previous_id=previous
        )

    def _refuse_external_twin(self, content: Json) -> None:
        external = content.get("external_id")
        if external and any(view.content.get("external_id") == external for view in self._all()):
            raise SlackError("duplicate_external_id")

    @staticmethod
    def _check_hash(view: View, expected: str) -> None:
        if expected and expected != view.hash:
            raise SlackError("hash_conflict")

    @staticmethod
    def _new_hash() -> str:
        return secrets.token_hex(8)
