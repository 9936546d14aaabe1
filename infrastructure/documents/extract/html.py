"""HTML as the reader of the page sees it: no scripts, blocks on lines of their own."""

# ruff: noqa: SIM905 - a list of words reads better as words

import re

import lxml.etree  # type: ignore[import-untyped]  # has no type hints
import lxml.html  # type: ignore[import-untyped]  # has no type hints

from application.documents.analysis import Unextractable
from infrastructure.documents import decoding
from infrastructure.documents.extract import libxml_log, output

_UNSEEN = frozenset(
    "script style template noscript iframe object svg canvas audio video select datalist head "
    "button textarea".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote caption dd div dl dt fieldset figcaption figure footer form "
    "header hr legend li main nav ol option p pre section summary table tbody tfoot thead tr ul "
    "details body html title h1 h2 h3 h4 h5 h6".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 table ul ol dl blockquote pre figure title".split())
_CELLS = frozenset(("td", "th"))

# Encodings a page may name. Anything else it says is ignored: it is read as UTF-8 or refused.
_DECLARED = re.compile(
    rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)"""
)
_ENCODINGS = {
    "iso-8859-1": "cp1252",  # what browsers do (WHATWG Encoding Standard, section 4.2)
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "windows-1252": "cp1252",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "iso-8859-2": "iso8859-2",
    "iso-8859-15": "iso8859-15",
    "koi8-r": "koi8-r",
    "shift_jis": "cp932",
    "euc-jp": "euc-jp",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
}


def text(data: bytes) -> str:
    """The visible text, its title first.

    Raises:
        Unextractable: `html_too_deep`, `html_broken`, `text_encoding`, `text_nul_characters`,
            `text_too_large`.
    """
    root = _parsed(decoding.decode(data, declared=_declared(data)))
    if root is None:
        return ""
    page = _Page()
    title = _words(root.find(".//title"))
    if title != _words(root.find(".//h1")):
        page.say(title)
        page.end_block(spaced=True)
    _walk(root, page)
    return page.text()


def _words(element: lxml.html.HtmlElement | None) -> str:
    return "" if element is None else " ".join(element.text_content().split())


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:2048].lower())
    return _ENCODINGS.get(found.group(1).decode("ascii", "replace")) if found else None


def _parsed(content: str) -> lxml.html.HtmlElement | None:
    """The tree, whole: a parser that stopped early would lose evidence without a word."""
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(content.encode(), parser=parser)
    except lxml.etree.ParserError:
        return None  # nothing but comments
    except lxml.etree.LxmlError as error:
        libxml_log.check(error.error_log)
        raise Unextractable(
            "html_broken", "The page cannot be read as HTML. Save it anew, or as PDF."
        ) from error
    libxml_log.check(parser.error_log)
    if libxml_log.stopped_at_limit(parser.error_log):
        raise Unextractable(
            "html_too_deep",
            "The page's elements are nested more than 256 levels deep. "
            "Save it as PDF or plain text and add that.",
        )
    return root


def _walk(root: lxml.html.HtmlElement, page: "_Page") -> None:
    events = lxml.etree.iterwalk(root, events=("start", "end"))
    for event, element in events:
        tag = element.tag
        if event == "end":
            page.close(tag)
            page.say(element.tail)
            continue
        page.open(tag)
        if tag in _UNSEEN or "hidden" in element.attrib:
            events.skip_subtree()
        else:
            page.say(element.text)


class _Page:
    """Text gathered in the order of the page; blocks become lines when text follows them."""

    def __init__(self) -> None:
        self._lines = output.Lines()
        self._break = ""
        self._space = False
        self._begun = False
        self._cell_begins = False
        self._preformatted = 0

    def open(self, tag: str) -> None:
        self._preformatted += tag == "pre"
        if tag in _CELLS:
            self._cell_begins = True
        elif tag == "br":
            self._break = self._break or "\n"
        elif tag in _BLOCKS and not self._cell_begins:
            self.end_block(spaced=tag in _SPACED)

    def close(self, tag: str) -> None:
        self._preformatted -= tag == "pre"
        if tag in _CELLS:
            self._break = " | "
            self._cell_begins = False
        elif tag in _BLOCKS:
            self.end_block(spaced=tag in _SPACED)

    def end_block(self, *, spaced: bool) -> None:
        if spaced or self._break != "\n\n":
            self._break = "\n\n" if spaced else "\n"

    def say(self, text: str | None) -> None:
        if not text:
            return
        words = text if self._preformatted else " ".join(text.split())
        if not words.strip():
            self._space = True
            return
        self._lines.add(self._before(text) + words)
        self._break = ""
        self._space = text[-1].isspace() and not self._preformatted
        self._begun = True
        self._cell_begins = False

    def _before(self, text: str) -> str:
        if not self._begun:
            return ""
        if self._break:
            return self._break
        return " " if self._space or (text[0].isspace() and not self._preformatted) else ""

    def text(self) -> str:
        return self._lines.text()
