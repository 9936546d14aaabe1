"""JSON as readable lines: one value a line, after the path that leads to it."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from application.documents.analysis import Unextractable
from infrastructure.documents import decoding
from infrastructure.documents.extract import output

_DEPTH_MAX = 200


class _Object(list[tuple[str, Any]]):
    """An object's members in their order; names that stand twice are both kept."""


def text(data: bytes) -> str:
    """`path.to.name: value` lines, a blank line before each object of a list.

    Numbers stay as they are written: no digit of the evidence is rounded.

    Raises:
        Unextractable: `json_broken`, `json_too_deep`, `text_encoding`, `text_nul_characters`,
            `text_too_large`.
    """
    lines = output.Lines()
    for line in _walk(_parsed(decoding.decode(data))):
        lines.add(line + "\n")
    return lines.text()


def _parsed(content: str) -> Any:
    try:
        return json.loads(
            content,
            object_pairs_hook=_Object,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse_constant,
        )
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise Unextractable(
            "json_broken", f"The file is not valid JSON: {error}. Mend it and add it again."
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _walk(root: Any) -> Iterator[str]:
    """Depth first over a stack of our own, so that depth costs no recursion."""
    stack: list[tuple[str, int, Any]] = [("", 0, root)]
    while stack:
        path, depth, value = stack.pop()
        if depth > _DEPTH_MAX:
            raise _too_deep()
        match value:
            case _Object():
                if path == "" or path.endswith("]"):
                    yield ""
                members = [(f"{path}.{name}" if path else name, depth + 1, v) for name, v in value]
                stack.extend(reversed(members))
            case list():
                items = [
                    (f"{path}[{number}]" if _nested(item) else path, depth + 1, item)
                    for number, item in enumerate(value, start=1)
                ]
                stack.extend(reversed(items))
            case _:
                yield f"{path}: {_scalar(value)}" if path else _scalar(value)


def _nested(value: Any) -> bool:
    return isinstance(value, list)


def _scalar(value: Any) -> str:
    match value:
        case True:
            return "true"
        case False:
            return "false"
        case None:
            return "null"
        case _:
            return " ".join(str(value).split())


def _too_deep() -> Unextractable:
    return Unextractable(
        "json_too_deep",
        f"The JSON is nested more than {_DEPTH_MAX} levels deep. Flatten it and add it again.",
    )
