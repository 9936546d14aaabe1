"""First bytes of the binary formats that give no text, and what a person can do instead."""

import msgspec

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Compound file: Word, Excel and PowerPoint before 2007, and any Office file with a password."""

_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


class Refusal(msgspec.Struct, frozen=True):
    """Why a format gives no text: a stable code, and advice."""

    reason: str
    detail: str


_IMAGE = Refusal(
    "unsupported_image",
    "The file is an image. Run text recognition (OCR) on it and add the resulting PDF or text.",
)
_ARCHIVE = Refusal(
    "unsupported_archive", "The file is an archive. Unpack it and add the files inside it."
)
_EXECUTABLE = Refusal(
    "unsupported_executable", "The file is a program, not a document. Add the document itself."
)
_MEDIA = Refusal(
    "unsupported_media", "The file is audio or video. Add its transcript as text instead."
)
_RTF = Refusal("unsupported_rtf", "The file is RTF. Save it as .docx or PDF and add it again.")
_POSTSCRIPT = Refusal(
    "unsupported_postscript", "The file is PostScript. Convert it to PDF and add it again."
)
_DATABASE = Refusal(
    "unsupported_database", "The file is a database. Export the table as CSV and add that."
)
_LEGACY_OFFICE = Refusal(
    "unsupported_legacy_office",
    "The file is in an Office format from before 2007 (.doc, .xls, .ppt). "
    "Save it as .docx or PDF and add it again.",
)
_OFFICE_ENCRYPTED = Refusal(
    "docx_encrypted", "The document has a password. Remove the password and add it again."
)

_PREFIXES: tuple[tuple[bytes, Refusal], ...] = (
    (b"\x89PNG\r\n\x1a\n", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF87a", _IMAGE),
    (b"GIF89a", _IMAGE),
    (b"II*\x00", _IMAGE),
    (b"MM\x00*", _IMAGE),
    (b"8BPS", _IMAGE),
    (b"\x00\x00\x01\x00", _IMAGE),
    (b"\x7fELF", _EXECUTABLE),
    (b"\xfe\xed\xfa\xce", _EXECUTABLE),
    (b"\xfe\xed\xfa\xcf", _EXECUTABLE),
    (b"\xce\xfa\xed\xfe", _EXECUTABLE),
    (b"\xcf\xfa\xed\xfe", _EXECUTABLE),
    (b"\xca\xfe\xba\xbe", _EXECUTABLE),
    (b"\x00asm", _EXECUTABLE),
    (b"\x1f\x8b", _ARCHIVE),
    (b"\xfd7zXZ\x00", _ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (b"Rar!\x1a\x07", _ARCHIVE),
    (b"\x28\xb5\x2f\xfd", _ARCHIVE),
    (b"OggS", _MEDIA),
    (b"fLaC", _MEDIA),
    (b"\x1aE\xdf\xa3", _MEDIA),
    (b"{\\rtf", _RTF),
    (b"%!PS", _POSTSCRIPT),
    (b"SQLite format 3\x00", _DATABASE),
)

_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"avif")


def refusal(data: bytes) -> Refusal | None:
    """Why these bytes are no document, or None where no known signature matches.

    Signatures that are also letters a text could begin with ("BM", "MZ", "ID3", "BZh") count
    only together with bytes that no UTF-8 text holds.
    """
    if data.startswith(OLE2):
        return _OFFICE_ENCRYPTED if _ENCRYPTED_PACKAGE in data else _LEGACY_OFFICE
    for prefix, refused in _PREFIXES:
        if data.startswith(prefix):
            return refused
    if data[:4] == b"RIFF":
        return _IMAGE if data[8:12] == b"WEBP" else _MEDIA
    if data[4:8] == b"ftyp":
        return _IMAGE if data[8:12] in _HEIF_BRANDS else _MEDIA
    if data[257:262] == b"ustar":
        return _ARCHIVE
    return _binary_with_letters(data)


def _binary_with_letters(data: bytes) -> Refusal | None:
    head = data[:512]
    if b"\x00" not in head:
        return _ARCHIVE if data[:3] == b"BZh" and data[4:10] == b"1AY&SY" else None
    if head.startswith(b"MZ"):
        return _EXECUTABLE
    if head.startswith(b"BM"):
        return _IMAGE
    if head.startswith(b"ID3"):
        return _MEDIA
    return None
