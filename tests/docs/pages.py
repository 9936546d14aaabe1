"""Documentation pages as tests read them: their sections, tables and links."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"

_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.MULTILINE)


def every() -> list[Path]:
    """README and all pages, in a fixed order; samples are no pages."""
    found = [page for page in sorted(DOCS.rglob("*.md")) if DOCS / "samples" not in page.parents]
    return [ROOT / "README.md", *found]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def sections(page: Path, level: int) -> dict[str, str]:
    """Heading of this level, without marks -> the text below it, up to the next as high."""
    text = prose(page)
    found: dict[str, str] = {}
    headings = list(_HEADING.finditer(text))
    for index, heading in enumerate(headings):
        if len(heading[1]) != level:
            continue
        ends = (later.start() for later in headings[index + 1 :] if len(later[1]) <= level)
        found[heading[2].replace("`", "")] = text[heading.end() : next(ends, len(text))]
    return found


def anchors(page: Path) -> set[str]:
    """The fragments that the page's headings can be reached by."""
    titles = [heading[2].lower() for heading in _HEADING.finditer(prose(page))]
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title)) for title in titles}


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a text, without code marks; headers and rules left out."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            continue
        inner = line.strip().removeprefix("|").removesuffix("|")
        cells = [cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", inner)]
        if set("".join(cells)) <= set("-: "):
            found.pop()  # what stood above a rule was a header
        else:
            found.append(cells)
    return found


def first_cells(text: str) -> list[str]:
    """What each table row is about."""
    return [cells[0] for cells in rows(text)]
