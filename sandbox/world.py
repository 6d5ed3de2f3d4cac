"""The workspace as its page, its control API and its Web API meet it: state, and what a person can do."""

from collections.abc import Iterable

from sandbox.acting import commands, completions, forms, presses, shortcuts, talking
from sandbox.identity import BOT_USER
from sandbox.model import (
    Completion,
    Conversation,
    InMessage,
    Json,
    Message,
    Outcome,
    Person,
    Place,
    StateValues,
    Submission,
    View,
)
from sandbox.state import State


class World(State):
    """One workspace. Reading never changes anything; acting is asynchronous, since the app has 3 seconds to answer.

    Where `patience` (seconds) is given, acting also waits so long for the app's first direct answer, which may come
    after its acknowledgement. A page need not: it learns of the answer through `changes`.
    """

    # Reading

    def players(self) -> list[Person]:
        """Return the people one can be, by name."""
        playable = (person for person in self.people.values() if person.can_be_played)
        return sorted(playable, key=lambda person: person.real_name)

    def conversations_of(self, user: str) -> list[Conversation]:
        """Return channels by name, then direct messages; the app's own only if something was said in it."""
        return self.conversations.of(user)

    def app_dm(self, user: str) -> Conversation:
        """Return the direct message between the person and the app, opening it if need be."""
        return self.conversations.direct(user, BOT_USER)

    def direct(self, user: str, others: Iterable[str]) -> Conversation:
        """Return the direct or group message of the person and others, opening it if need be."""
        return self.conversations.direct(user, *(self.person(other).id for other in others))

    def messages_for(self, user: str, channel: str) -> list[Message]:
        """Return what the person sees in a conversation, oldest first, ephemeral messages to them included."""
        conversation = talking.readable(self, user, channel)
        return list(conversation.visible_messages(user))

    def message_for(self, user: str, place: InMessage) -> Message:
        """Return one message that the person sees; `message_not_found` otherwise."""
        return talking.visible_message(self, user, place)

    def views_of(self, user: str) -> list[View]:
        """Return the person's stack of open modals, the top one last."""
        return list(self.views.stacks.get(user, []))

    def home_of(self, user: str) -> View | None:
        """Return what the app published as the person's App Home."""
        return self.views.homes.get(user)

    def title_of(self, conversation: Conversation, viewer: str) -> str:
        """Return what a conversation is called for somebody: `#general`, or the names of the others."""
        return talking.title_of(self, conversation, viewer)

    def unread(self, user: str, channel: str) -> int:
        """Count the messages of others here that the person has not seen."""
        return self.conversations.unread(self.conversations.find(channel), user)

    def unread_in_all(self, user: str) -> int:
        """Count the messages that the person has not seen, in all their conversations."""
        return sum(self.conversations.unread(each, user) for each in self.conversations.of(user))

    def mark_read(self, user: str, channel: str) -> None:
        """Record that the person has seen everything said in a conversation."""
        self.conversations.mark_read(talking.readable(self, user, channel), user)

    def completions(self, user: str, text: str) -> list[Completion]:
        """Suggest what may complete the text up to the cursor: commands, people after @, channels after #."""
        return completions.suggest(self, user, text)

    # Acting

    async def post(self, user: str, channel: str, text: str) -> Outcome:
        """Send what the person typed into the composer: a message, or a command if it begins with a slash."""
        return await talking.post(self, user, channel, text)

    async def run_command(
        self, user: str, text: str, *, channel: str | None = None, patience: float = 0.0
    ) -> Outcome:
        """Run a slash command (`/goal add …`) in a conversation, by default the app's direct message."""
        return await commands.run(self, user, text, channel=channel, patience=patience)

    async def press(
        self,
        user: str,
        place: Place,
        *,
        block_id: str,
        action_id: str,
        value: object = None,
        values: StateValues | None = None,
        patience: float = 0.0,
        element: Json | None = None,
    ) -> Outcome:
        """Press a button, choose from a menu, set a date …: whatever the element is.

        `value` is what was chosen, in plain form: an option's value, an id, a date, a text, a list of them. `values`
        is what the form or message holds beside it. `element` stands in for one that is no longer there, as a client
        with an outdated copy would send it.
        """
        return await presses.press(
            self,
            presses.Press(user, place, block_id, action_id, value, values or {}, element),
            patience=patience,
        )

    async def submit_view(self, user: str, view_id: str, values: StateValues) -> Submission:
        """Submit a modal with what its form holds; required fields and lengths are checked as Slack's client does."""
        return await forms.submit(self, user, view_id, values)

    async def resubmit(self) -> None:
        """Send the last submitted form to the app once more, as a client on a bad line does."""
        await forms.resubmit(self)

    async def close_view(self, user: str, view_id: str, *, all_of_them: bool = False) -> None:
        """Close a modal (or the whole stack), telling the app if it asked for that."""
        await forms.close(self, user, view_id, all_of_them=all_of_them)

    async def open_home(self, user: str, *, tab: str = "home", patience: float = 0.0) -> View | None:
        """Open the app's Home (or its messages), which the app is told, and return the Home it published."""
        return await shortcuts.open_home(self, user, tab=tab, patience=patience)

    async def run_shortcut(
        self, user: str, callback_id: str, *, place: InMessage | None = None, patience: float = 0.0
    ) -> Outcome:
        """Run a shortcut of the app: on a message, or a global one."""
        return await shortcuts.run(self, user, callback_id, place=place, patience=patience)
