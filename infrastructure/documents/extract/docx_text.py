"""Text of one WordprocessingML part (ECMA-376 part 1, section 17), in reading order."""

from collections.abc import Iterator

import lxml.etree  # type: ignore[import-untyped]  # has no type hints

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
# Deleted by a tracked change, moved elsewhere, or instructions to Word: not what is read.
_UNSEEN = frozenset(("del", "moveFrom", "instrText", "delText", "pPr", "rPr", "sectPr", "tblPr"))


def text(root: lxml.etree._Element) -> str:
    """Paragraphs on lines of their own with a blank line between, table rows as `a | b`."""
    return "\n\n".join(block for block in _blocks(root) if block.strip())


def _blocks(parent: lxml.etree._Element) -> Iterator[str]:
    """The blocks below `parent`. Depth is limited by the parser, so recursion is too."""
    for child in parent.iterchildren(tag=lxml.etree.Element):
        match _name(child):
            case "p":
                yield _inline(child)
            case "tbl":
                yield "\n".join(_rows(child))
            case None:
                pass
            case _:  # content controls, insertions, custom XML, notes: what is inside
                yield from _blocks(child)


def _rows(table: lxml.etree._Element) -> Iterator[str]:
    for row in table.iter(f"{_WORD}tr", f"{_STRICT}tr"):
        if _table_of(row) is not table:
            continue  # a row of a table inside a cell comes with that cell
        cells = [" ".join(text(cell).split()) for cell in _cells(row)]
        if any(cells):
            yield " | ".join(cells)


def _cells(row: lxml.etree._Element) -> Iterator[lxml.etree._Element]:
    for child in row.iterchildren(tag=lxml.etree.Element):
        if _name(child) == "tc":
            yield child
        elif _name(child) is not None:  # a content control around cells
            yield from _cells(child)


def _table_of(row: lxml.etree._Element) -> lxml.etree._Element | None:
    return next(row.iterancestors(f"{_WORD}tbl", f"{_STRICT}tbl"), None)


def _inline(paragraph: lxml.etree._Element) -> str:
    """Text of a paragraph; text boxes anchored in it follow on lines of their own."""
    words: list[str] = []
    boxes: list[str] = []
    _gather(paragraph, words, boxes)
    return "\n\n".join(part for part in ("".join(words), *boxes) if part.strip())


def _gather(parent: lxml.etree._Element, words: list[str], boxes: list[str]) -> None:
    for child in parent.iterchildren(tag=lxml.etree.Element):
        match _name(child):
            case None:
                pass
            case "t":
                words.append(child.text or "")
            case "txbxContent":
                boxes.append(text(child))
            case name if name in _CHARACTERS:
                words.append(_CHARACTERS[name])
            case _:
                _gather(child, words, boxes)


def _name(element: lxml.etree._Element) -> str | None:
    """The local name; None for what is not read.

    Elements of other namespaces (drawings, compatibility choices) may hold text boxes, so they
    are passed through under a name of their own.
    """
    tag = str(element.tag)
    if tag == _FALLBACK:
        return None  # says again what the Choice beside it says
    if not tag.startswith((_WORD, _STRICT)):
        return "other"
    name = tag.rpartition("}")[2]
    return None if name in _UNSEEN else name
