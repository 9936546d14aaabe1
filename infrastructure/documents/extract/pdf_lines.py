"""Lines as printed on a page, back to paragraphs.

A PDF knows no paragraphs. Left as printed, every line end would cut sentences, passages and
answers in two. The rules are the printer's own, read backwards; lengths are in points.
"""

import itertools
import re
import statistics

import msgspec

# PDFium puts U+0002 where a hyphen ended a line (and drops the line end).
_HYPHEN_BEFORE_LOWER = re.compile("\x02(?=[a-zß-öø-ÿ])")
_HYPHEN = "\x02"

_ITEM = re.compile(r"\s*(?:[•◦▪‣·*\u2013\u2014-]\s|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\(?[a-z][.)]\s)")

# A gap this much above the page's usual line pitch begins a paragraph; typesetters use half a
# line or more.
_PARAGRAPH_PITCH = 1.35
# Type this much larger or smaller is a heading or a note, not the same paragraph.
_TYPE_CHANGE = 1.15
# Text that goes on stands at most this many type heights further right (a hanging indent).
_INDENT_MAX = 4.0
# Lines that begin within this distance begin at the same margin.
_ALIGNED = 2.0
# A space, and what a word may be wider than its number of usual characters.
_SPARE_CHARACTERS = 3
# Rows of a table stand at equal distances, within the rounding of their boxes.
_EVEN_STEPS = 0.05


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One printed line: its characters and its box; all zero where the place is unknown."""

    text: str
    left: float
    right: float
    bottom: float
    top: float

    @property
    def height(self) -> float:
        """Height of its type."""
        return self.top - self.bottom


def paragraphs(lines: list[Line]) -> str:
    """The page's text: a blank line between paragraphs, a newline where one was meant."""
    if not lines:
        return ""
    pitch = _usual_pitch(lines)
    edges = _edges(lines)
    parts = [_words(lines[0])]
    step = 0.0
    for above, below in itertools.pairwise(lines):
        step, step_before = above.bottom - below.bottom, step
        even = step_before > 0 and abs(step - step_before) < _EVEN_STEPS * step_before
        edge = _edge(edges, above, below)
        parts.append(_between(above, below, pitch=pitch, edge=edge, even=even))
        parts.append(_words(below))
    return "".join(parts)


def _between(above: Line, below: Line, *, pitch: float, edge: float, even: bool) -> str:
    far_right = below.left - above.left > _INDENT_MAX * above.height
    ended = far_right or _next_word_would_have_fitted(above, below, edge)
    if _apart(above, below, pitch):
        return "\n" if even and ended else "\n\n"  # evenly spaced short lines: a table's rows
    return "\n" if ended or _ITEM.match(below.text) else " "


def _apart(above: Line, below: Line, pitch: float) -> bool:
    if not pitch or not above.height or not below.height:
        return False
    taller, smaller = max(above.height, below.height), min(above.height, below.height)
    step = above.bottom - below.bottom
    return taller > smaller * _TYPE_CHANGE or step < 0 or step > pitch * _PARAGRAPH_PITCH


def _edges(lines: list[Line]) -> dict[int, float]:
    """How far right the lines go that begin at the same margin: the width of each column."""
    edges: dict[int, float] = {}
    for line in lines:
        margin = _margin(line)
        edges[margin] = max(edges.get(margin, 0.0), line.right)
    return edges


def _edge(edges: dict[int, float], above: Line, below: Line) -> float:
    near = (_margin(line) + step for line in (above, below) for step in (-1, 0, 1))
    return max(edges.get(margin, 0.0) for margin in near)


def _margin(line: Line) -> int:
    return round(line.left / _ALIGNED)


def _next_word_would_have_fitted(above: Line, below: Line, edge: float) -> bool:
    """The line was ended on purpose: there was still room for the word that follows."""
    if not edge:
        return True
    words = below.text.split(maxsplit=1)
    width_per_character = (below.right - below.left) / max(1, len(below.text.strip()))
    room = edge - above.right
    return bool(words) and room > width_per_character * (len(words[0]) + _SPARE_CHARACTERS)


def _usual_pitch(lines: list[Line]) -> float:
    steps = [above.bottom - below.bottom for above, below in itertools.pairwise(lines)]
    down = [step for step in steps if step > 0]
    return statistics.median_low(down) if down else 0.0


def _words(line: Line) -> str:
    text = _HYPHEN_BEFORE_LOWER.sub("", line.text).replace(_HYPHEN, "-")
    return text.strip()
