"""HTML put together so that nothing unescaped gets into it."""

import html
import re

_VOID = frozenset({"br", "link", "meta"})
_MARKED = re.compile(r"`([^`]+)`|(https?://[^\s)]+)")


class Html(str):
    """Markup that is sent as it stands; any other text is escaped when it becomes a child."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str) -> Html:
    """One element. A trailing `_` of an attribute is dropped (`class_`); None is no child."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: str | None) -> Html:
    """The children one after the other."""
    return Html("".join(_child(child) for child in children if child is not None))


def prose(text: str) -> Html:
    """Plain documentation: `code` in backticks, all else as it is, with its line breaks folded."""
    folded = " ".join(text.split())
    parts: list[str] = []
    end = 0
    for found in _MARKED.finditer(folded):
        parts.append(folded[end : found.start()])
        parts.append(element("code", found[1] or found[2]))
        end = found.end()
    return join(*parts, folded[end:])


def _child(child: str) -> str:
    return child if isinstance(child, Html) else html.escape(child)
