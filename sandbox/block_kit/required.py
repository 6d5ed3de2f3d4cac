"""What Slack's client checks before a form leaves the screen: required fields, lengths, numbers."""

import re

from sandbox.block_kit.elements_in import interactive_elements
from sandbox.model import Json, StateValues

MISSING = "Please complete this required field."
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
URL = re.compile(r"https?://\S+")
FILES_MAX, FILE_BYTES_MAX = 10, 10 * 1024 * 1024
"""Of a file_input: https://docs.slack.dev/reference/block-kit/block-elements/file-input-element"""


def client_errors(blocks: list[Json], values: StateValues) -> dict[str, str]:
    """Return by block id what the person must mend before the app is told at all."""
    errors: dict[str, str] = {}
    for block, element in interactive_elements(blocks):
        if block["type"] != "input":
            continue
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        held = next((held for key, held in state.items() if key != "type"), None)
        if problem := _problem(block, element, held):
            errors[block["block_id"]] = problem
    return errors


def _problem(block: Json, element: Json, held: object) -> str | None:
    if held in (None, "", []):
        return None if block.get("optional", False) else MISSING
    if element["type"] == "file_input" and isinstance(held, list):
        return _files_problem(element, held)
    if element["type"] == "number_input":
        return _number_problem(element, str(held))
    if element["type"] == "email_text_input" and not EMAIL.fullmatch(str(held)):
        return "Please enter a valid email address."
    if element["type"] == "url_text_input" and not URL.fullmatch(str(held)):
        return "Please enter a valid URL."
    if isinstance(held, str) and element["type"] == "plain_text_input":
        return _length_problem(element, held)
    return None


def _files_problem(element: Json, files: list[Json]) -> str | None:
    most, kinds = element.get("max_files", FILES_MAX), element.get("filetypes")
    if len(files) > most:
        return f"Please choose no more than {most} files."
    if kinds and any(file["filetype"].lower() not in kinds for file in files):
        return f"Please choose a file of these types: {', '.join(kinds)}."
    if any(file["size"] > FILE_BYTES_MAX for file in files):
        return "Please choose a file of at most 10 MB."
    return None


def _length_problem(element: Json, text: str) -> str | None:
    if len(text) > element.get("max_length", 3000):
        return f"Please use no more than {element.get('max_length', 3000)} characters."
    if len(text) < element.get("min_length", 0):
        return f"Please use at least {element['min_length']} characters."
    return None


def _number_problem(element: Json, text: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, text):
        return "Please enter a number." if element["is_decimal_allowed"] else "Please enter a whole number."
    if "min_value" in element and float(text) < float(element["min_value"]):
        return f"Please enter a number that is at least {element['min_value']}."
    if "max_value" in element and float(text) > float(element["max_value"]):
        return f"Please enter a number that is at most {element['max_value']}."
    return None
