"""Files that people hand over with a form: downloaded from Slack with the bot's token, and from nowhere else."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from slack_sdk import WebClient

from bot.errors import Refusal
from handlers import doors
from handlers.views.elements import Payload

PATIENCE_SECONDS: Final = 30
SLACKS: Final = (".slack.com", ".slack-files.com", ".slack-edge.com")
"""Where Slack keeps files; our token goes nowhere else."""


class FileNotYours(Refusal):
    """I can only read a file that you have just uploaded. Open the form again and choose one."""


class FileTooLarge(Refusal):
    """That file is larger than {megabytes} MB, which is more than I take. Upload it in parts."""


class FileUnreachable(Refusal):
    """Slack did not give me that file. Try again in a minute."""


@dataclass(frozen=True)
class Upload:
    """A file that somebody handed over."""

    name: str
    content: bytes


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nobody: without a right to the file, Slack leads to a page to sign in."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Give no request to follow."""


def fetch(client: WebClient, file_id: str, *, uploader: str, most: int) -> Upload:
    """Download a file of the uploader's, of at most so many bytes.

    Raises FileNotYours, FileTooLarge and FileUnreachable.
    """
    try:
        file: Payload = client.files_info(file=file_id)["file"]
    except doors.UNHEARD as unheard:
        raise FileUnreachable from unheard
    if file.get("user") != uploader or file.get("is_external"):
        raise FileNotYours
    if file.get("size", 0) > most:
        raise FileTooLarge(megabytes=most // 2**20)
    try:
        content = _download(client, str(file["url_private"]), most)
    except doors.UNHEARD as unheard:
        raise FileUnreachable from unheard
    if len(content) > most:
        raise FileTooLarge(megabytes=most // 2**20)
    return Upload(str(file.get("name") or ""), content)


def _download(client: WebClient, address: str, most: int) -> bytes:
    if not _is_slacks(client, address):
        raise OSError("an address that is not Slack's")
    request = urllib.request.Request(  # noqa: S310 - whose address it is has been looked at
        address, headers={"Authorization": f"Bearer {client.token}"}
    )
    with _opener(client).open(request, timeout=PATIENCE_SECONDS) as answer:
        if answer.headers.get_content_type() == "text/html":
            raise OSError("a page in place of a file")
        # One byte more than there may be shows that there are more.
        content: bytes = answer.read(most + 1)
    return content


def _is_slacks(client: WebClient, address: str) -> bool:
    """Whether the address is Slack's, or that of the Slack we talk to in its place."""
    parts, ours = urlsplit(address), urlsplit(client.base_url)
    if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc):
        return True
    return parts.scheme == "https" and (parts.hostname or "").endswith(SLACKS)


def _opener(client: WebClient) -> urllib.request.OpenerDirector:
    proxies = {"http": client.proxy, "https": client.proxy} if client.proxy else {}
    secure = urllib.request.HTTPSHandler(context=client.ssl)
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies), secure, _Stay())
