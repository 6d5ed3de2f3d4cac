"""The bytes of an uploaded file as text and as lines of cells: encodings, separators, quotation marks."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.errors import Refusal

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_LINES: Final = 100_000
SEPARATORS: Final = ",;\t|"

_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_UNDEFINED: Final = bytes((0x81, 0x8D, 0x8F, 0x90, 0x9D))
"""What Windows-1252 gives no meaning to; ISO 8859-1 takes these for control characters."""
_LOOKED_AT: Final = 4096

Cells = list[str]


class EmptyFile(Refusal):
    """There is nothing in that file. It needs a line with the names of the columns, and a line a person."""


class FileTooLarge(Refusal):
    """That file is larger than 10 MB. Leave out the columns I do not need, or upload it in parts."""


class TooManyLines(Refusal):
    """That file has more than 100,000 lines. Upload it in parts."""


class Workbook(Refusal):
    """That is a spreadsheet's own format. Save it as "CSV UTF-8", and upload that file."""


class NotText(Refusal):
    """I cannot read that file as text. Save it as "CSV UTF-8", and upload it again."""


class BrokenQuotes(Refusal):
    """In line {line} a quotation mark has no fellow, so I cannot tell where its cell ends. Mend it and try again."""


@dataclass(frozen=True)
class Text:
    """What a file says, and the encoding in which it was written."""

    content: str
    encoding: str


def decode(content: bytes) -> Text:
    """Read the bytes; raises a Refusal that says what to upload instead.

    What is not UTF-8 or UTF-16 is taken for Windows-1252, in which every text of bytes means something: whoever
    uploads it is to see some of it.
    """
    if len(content) > MOST_BYTES:
        raise FileTooLarge
    if content.startswith(_WORKBOOKS):
        raise Workbook
    text = _decoded(content)
    if not text.content.strip("\ufeff \t\r\n"):
        raise EmptyFile
    if "\0" in text.content:
        raise NotText
    return text


def _decoded(content: bytes) -> Text:
    if encoding := _utf_16(content):
        return Text(content.decode(encoding, errors="replace").lstrip("\ufeff"), "UTF-16")
    try:
        return Text(content.decode("utf-8-sig"), "UTF-8")
    except UnicodeDecodeError:
        western = "latin-1" if any(sign in content for sign in _UNDEFINED) else "cp1252"
        return Text(content.decode(western), "Windows-1252")


def _utf_16(content: bytes) -> str | None:
    """Recognise UTF-16 by its mark, or by the zeros that every other byte of Latin letters is."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = content[:_LOOKED_AT]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if odd * 4 > len(start) and even * 16 < len(start):
        return "utf-16-le"
    return "utf-16-be" if even * 4 > len(start) and odd * 16 < len(start) else None


def records(text: str, prefer: Callable[[Cells], int]) -> Iterator[tuple[int, Cells]]:
    """Cut the text into lines of cells, each with the number of its first line in the file; blank ones are left out.

    `prefer` says of the first line how much of it is understood: so the separator is chosen. Raises BrokenQuotes
    and TooManyLines.
    """
    if max(text.count("\n"), text.count("\r")) > MOST_LINES + 1:
        raise TooManyLines
    skipped, separator = _separator(text, prefer)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        begun_at = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            raise BrokenQuotes(line=begun_at) from broken
        if begun_at > skipped and any(cell.strip() for cell in cells):
            yield begun_at, cells


def _separator(text: str, prefer: Callable[[Cells], int]) -> tuple[int, str]:
    """Choose the separator, and say how many lines come before the columns' names; Excel may name it in the first."""
    lines = io.StringIO(text, newline=None)
    first = lines.readline().strip("\n")
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return 1, first[-1]
    while first and not first.strip():
        first = lines.readline()
    return 0, max(SEPARATORS, key=lambda separator: _understood(first, separator, prefer))


def _understood(first: str, separator: str, prefer: Callable[[Cells], int]) -> tuple[int, int]:
    cells = next(csv.reader([first], delimiter=separator), [])
    return prefer(cells), len(cells)
