"""Word documents: the package's text parts, read by themselves.

python-docx is not used here. It loads every part, pictures included, before the first limit
could apply; it fails on the dangling links some writers leave (`NULL` targets); and its
paragraphs leave out tracked insertions, content controls and text boxes. Only the parts with text
are opened here, each with a limit on its real size.
"""

import io
import posixpath
import zipfile

import lxml.etree  # type: ignore[import-untyped]  # has no type hints

from application.documents.analysis import Unextractable
from infrastructure.documents.extract import docx_text, libxml_log, output

PART_BYTES_MAX = 40_000_000
"""One part unpacked. Its tree takes up to 10 times that, which the child's memory must hold."""

DECLARED_BYTES_MAX = 400_000_000
"""All parts unpacked, as the package declares: pictures of a long report fit."""

RATIO_MAX = 250
"""Unpacked to packed bytes of a part over 1 MB. Deflate reaches 1,032; Word's XML 10 to 60."""

_RATIO_FROM_BYTES = 1_000_000
_ENTRIES_MAX = 5_000
_CHUNK_BYTES = 1 << 20
_ENCRYPTED_FLAG = 0x1

_MAIN = "word/document.xml"
_RELATIONSHIPS = "word/_rels/document.xml.rels"
_BEFORE = ("header",)
_AFTER = ("footnotes", "endnotes", "comments", "footer")


def text(data: bytes) -> str:
    """Headers, body in its order, notes, comments, footers; each distinct header once.

    Raises:
        Unextractable: `docx_broken`, `docx_bomb`, `docx_encrypted`, `text_too_large`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check(archive.infolist())
            return _text(archive)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        KeyError,
        NotImplementedError,  # a way of packing that zipfile does not know
        EOFError,
        OSError,
        ValueError,
        lxml.etree.LxmlError,
        zipfile.zlib.error,  # type: ignore[attr-defined]  # damaged deflate data
    ) as error:
        raise Unextractable(
            "docx_broken",
            "The Word document is damaged. Open it in a word processor, save it anew, "
            "and add that copy.",
        ) from error


def _check(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what the package's directory already shows to be a bomb or locked."""
    if any(entry.flag_bits & _ENCRYPTED_FLAG for entry in entries):
        raise Unextractable(
            "docx_encrypted", "The document has a password. Remove the password and add it again."
        )
    if len(entries) > _ENTRIES_MAX or sum(e.file_size for e in entries) > DECLARED_BYTES_MAX:
        raise _bomb()
    for entry in entries:
        if entry.file_size > max(_RATIO_FROM_BYTES, RATIO_MAX * entry.compress_size):
            raise _bomb()


def _text(archive: zipfile.ZipFile) -> str:
    lines = output.Lines()
    linked = _linked(archive)
    for part in [*_of_kind(linked, _BEFORE), _MAIN, *_of_kind(linked, _AFTER)]:
        found = docx_text.text(_tree(archive, part))
        if found and (part == _MAIN or found + "\n\n" not in lines.text()):
            lines.add(found + "\n\n")
    return lines.text()


def _linked(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """Kind and name of the parts the main part links to, those that exist."""
    names = set(archive.namelist())
    if _RELATIONSHIPS not in names:
        return []
    links = _tree(archive, _RELATIONSHIPS)
    found = [
        (
            link.get("Type", "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/word", link.get("Target", ""))).lstrip("/"),
        )
        for link in links.iterchildren("{*}Relationship")
        if link.get("TargetMode") != "External"
    ]
    return [(kind, name) for kind, name in found if name in names]


def _of_kind(linked: list[tuple[str, str]], kinds: tuple[str, ...]) -> list[str]:
    return [name for wanted in kinds for kind, name in linked if kind == wanted]


def _tree(archive: zipfile.ZipFile, part: str) -> lxml.etree._Element:
    """Parse one part: no entities, no network, at most 256 levels (libxml2's own limit)."""
    parser = lxml.etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = lxml.etree.fromstring(_read(archive, part), parser)
    except lxml.etree.LxmlError as error:
        libxml_log.check(error.error_log)
        raise
    if root.getroottree().docinfo.doctype:
        raise Unextractable(
            "docx_bomb",
            "The document declares XML entities, which Word never writes. It is refused as an "
            "attack; save it anew in a word processor if you trust its source.",
        )
    return root


def _read(archive: zipfile.ZipFile, part: str) -> bytes:
    """The part's bytes; counts them, because the declared size may be a lie."""
    chunks = []
    size = 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > PART_BYTES_MAX:
                raise _bomb()
            chunks.append(chunk)
    return b"".join(chunks)


def _bomb() -> Unextractable:
    return Unextractable(
        "docx_bomb",
        "The document unpacks to far more than a document holds. Split it, or take out what "
        "makes it so large, and add it again.",
    )
