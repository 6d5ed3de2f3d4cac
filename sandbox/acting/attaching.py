"""The files in a form's fields: put there by the person who fills it, and from then on the app's to read."""

from sandbox.errors import NotPossible
from sandbox.model import Json, StateValues
from sandbox.rendering import file_json
from sandbox.state import State

FIELD = "file_input"


def attached(state: State, user: str, values: StateValues) -> StateValues:
    """Return the values with each file in full, as the app is told of it; refuse one the person did not upload."""
    return {
        block_id: {action_id: _with_files(state, user, held) for action_id, held in actions.items()}
        for block_id, actions in values.items()
    }


def hand_over(state: State, values: StateValues) -> None:
    """Let the app read the files of a form that was submitted."""
    for actions in values.values():
        for held in actions.values():
            if held["type"] == FIELD:
                for file in held["files"]:
                    state.files.hand_over(file["id"])


def _with_files(state: State, user: str, held: Json) -> Json:
    if held["type"] != FIELD:
        return held
    return {**held, "files": [_file(state, user, each) for each in held["files"]]}


def _file(state: State, user: str, named: object) -> Json:
    file = state.files.find(str(named["id"] if isinstance(named, dict) else named))
    if file.user != user:
        raise NotPossible("A form takes the files of the person who fills it.")
    return file_json(file, state.base_url)
