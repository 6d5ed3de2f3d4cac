"""The methods about files: to upload one (ask for an address, send the bytes there, share it), and to look at one."""

from sandbox.block_kit.accepting import accepted_blocks
from sandbox.errors import SlackError, invalid_arguments
from sandbox.identity import BOT_USER
from sandbox.model import File, Json
from sandbox.rendering import file_json
from sandbox.state import State
from sandbox.web_api.access import writable
from sandbox.web_api.arguments import Arguments

ALT_TXT_MAX = 1000


def get_upload_url(state: State, arguments: Arguments) -> Json:
    """`files.getUploadURLExternal`."""
    alt_txt = arguments.text("alt_txt")
    if len(alt_txt) > ALT_TXT_MAX:
        raise SlackError("alt_txt_too_large")
    name, size = arguments.required("filename"), arguments.number("length", 0)
    file = state.files.announce(name, size, alt_txt=alt_txt)
    return {"ok": True, "upload_url": f"{state.base_url}/upload/{file.id}", "file_id": file.id}


def complete_upload(state: State, arguments: Arguments) -> Json:
    """`files.completeUploadExternal`: share what was uploaded in conversations the bot is in."""
    files = [state.files.complete(*_named(entry)) for entry in arguments.structure("files") or []]
    if not files:
        raise invalid_arguments("[ERROR] missing required field: files [json-pointer:/files]")
    rendered = [file_json(file, state.base_url) for file in files]
    channels = arguments.listed("channels") or arguments.listed("channel_id")
    for channel in channels:
        _share(state, channel, rendered, arguments)
    return {"ok": True, "files": rendered}


def info(state: State, arguments: Arguments) -> Json:
    """`files.info`: a file that the bot can see."""
    file = visible_file(state, arguments.required("file"))
    rendered = file_json(file, state.base_url)
    return {"ok": True, "file": rendered, "comments": [], "response_metadata": {"next_cursor": ""}}


def visible_file(state: State, file_id: str) -> File:
    """Return a file that the bot uploaded, or that a person gave it with a form; `file_not_found` otherwise."""
    file = state.files.find(file_id)
    if file.user != BOT_USER and not file.is_handed_over:
        raise SlackError("file_not_found")
    return file


def _named(entry: object) -> tuple[str, str | None]:
    """Return the id and title of a file in the list of finished ones."""
    if isinstance(entry, dict) and isinstance(entry.get("id"), str):
        return entry["id"], entry.get("title")
    raise invalid_arguments("[ERROR] missing required field: id [json-pointer:/files/0]")


def _share(state: State, channel: str, rendered: list[Json], arguments: Arguments) -> None:
    conversation = state.conversations.find(channel)
    if BOT_USER not in conversation.members:
        raise SlackError("not_in_channel" if conversation.kind == "public" else "channel_not_found")
    state.say_as_app(
        writable(state, conversation),
        arguments.text("initial_comment"),
        files=rendered,
        blocks=accepted_blocks(arguments.structure("blocks") or []),
        thread_ts=arguments.text("thread_ts"),
    )
