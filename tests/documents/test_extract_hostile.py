"""Files made to harm are refused with a reason, in bounded time and memory."""

import io
import random
import struct
import threading
import time
import zipfile
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from application.documents.analysis import Extraction, Unextractable
from infrastructure.documents import media_types
from infrastructure.documents.extract import docx, formats, output
from infrastructure.documents.parser_process import ParserProcess
from tests.documents import children, files

MEMORY_LIMIT_BYTES = 320 << 20
NOISE = random.Random(1).randbytes(1_000)  # noqa: S311 - bytes that compress badly, no secret


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserProcess]:
    with ParserProcess(children=1, memory_limit_bytes=MEMORY_LIMIT_BYTES) as started:
        yield started


def refused(data: bytes, media_type: str) -> str:
    with pytest.raises(Unextractable) as caught:
        formats.extract(data, media_type)
    assert caught.value.detail
    return caught.value.reason


def test_depth_is_refused_and_never_cut_off_in_silence() -> None:
    deep = b"<div>" * 100_000 + b"text" + b"</div>" * 100_000
    assert refused(deep, media_types.HTML) == "html_too_deep"
    assert refused(b"[" * 100_000 + b"]" * 100_000, media_types.JSON) == "json_too_deep"
    assert refused(b"[" * 300 + b"1" + b"]" * 300, media_types.JSON) == "json_too_deep"
    nested = "<w:sdt>" * 1_000 + "</w:sdt>" * 1_000
    assert refused(files.bare_docx(nested), media_types.DOCX) == "docx_broken"


def test_a_small_file_that_repeats_itself_into_a_large_text_is_refused() -> None:
    header = ",".join(f"{'h' * 90}{number}" for number in range(1_000))
    rows = "\n".join(["x," * 999 + "x"] * 400)
    assert refused(f"{header}\n{rows}".encode(), media_types.CSV) == "text_too_large"
    paths = '{"' + "k" * 100_000 + '": [' + "1," * 1_000 + "1]}"
    assert refused(paths.encode(), media_types.JSON) == "text_too_large"
    assert refused(b"a" * (output.CHARACTERS_MAX + 1), media_types.TEXT) == "text_too_large"


def test_a_zip_bomb_is_refused_by_its_declared_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"[Content_Types].xml": files.CONTENT_TYPES, "word/document.xml": b" " * 5_000_000}
    assert refused(files.archive(parts), media_types.DOCX) == "docx_bomb"
    parts["word/document.xml"] = b"<a/>"
    many = {f"word/media/{number}": NOISE * 100 for number in range(11)}
    assert refused(files.archive({**parts, **many}), media_types.DOCX) == "no_text"
    monkeypatch.setattr(docx, "DECLARED_BYTES_MAX", 1_000_000)
    assert refused(files.archive({**parts, **many}), media_types.DOCX) == "docx_bomb"


def test_a_zip_bomb_that_lies_about_its_size_is_refused() -> None:
    honest = files.archive(
        {"[Content_Types].xml": files.CONTENT_TYPES, "word/document.xml": b" " * 80_000_000}
    )
    for claimed in (1_000, docx.PART_BYTES_MAX + 1):
        lying = honest.replace(struct.pack("<I", 80_000_000), struct.pack("<I", claimed))
        assert refused(lying, media_types.DOCX) in ("docx_broken", "docx_bomb")


def test_a_large_part_that_compresses_badly_is_refused_by_its_real_size() -> None:
    noise = NOISE.hex().encode() * 100
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", files.CONTENT_TYPES)
        made.writestr("word/document.xml", b"<a>" + noise * 210 + b"</a>")
    assert refused(out.getvalue(), media_types.DOCX) == "docx_bomb"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE d [<!ENTITY l0 "laugh">{LAUGHS}]>',
        '<!DOCTYPE d [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/evil.dtd">',
    ],
)
def test_entities_in_a_word_document_are_refused_unexpanded(declared: str) -> None:
    document = f"{declared}<w:document {files.W}><w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p>"
    parts = {
        "[Content_Types].xml": files.CONTENT_TYPES,
        "word/document.xml": f"{document}</w:body></w:document>".encode(),
    }
    assert refused(files.archive(parts), media_types.DOCX) in ("docx_bomb", "docx_broken")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"[" + b"[]," * 3_000_000 + b"[]]", media_types.JSON),
        (b'{"' + b"k" * 1_000_000 + b'":[' + b"[]," * 1_000 + b"[]]}", media_types.JSON),
        (b"<p>" * 3_000_000, media_types.HTML),
    ],
)
def test_memory_of_the_child_stays_under_its_cap(
    parser: ParserProcess, data: bytes, media_type: str
) -> None:
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.is_set():
            for child in children.running():
                try:
                    peak = max(peak, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with pytest.raises(Unextractable) as caught:
            parser.extract(data, media_type=media_type, filename=None)
    finally:
        done.set()
        watcher.join()
    assert caught.value.reason == "parser_memory"
    assert 0 < peak < MEMORY_LIMIT_BYTES
    assert children.running() == []  # a heap that was full once is not used again
    assert parser.extract(b"fine", media_type=media_types.TEXT, filename=None).text == "fine"


BASES = {
    media_types.PDF: files.pdf([["Retention of records", "seven years"], ["Page two"]]),
    media_types.DOCX: files.written_docx(),
    media_types.HTML: b"<!doctype html><title>T</title><table><tr><td>a<td>b</table><p>c",
    media_types.CSV: b'Name;Years\n"Invoices";7\n',
    media_types.JSON: b'{"a": [1, {"b": "c\\u00e9"}], "d": null}',
    media_types.TEXT: "Größe \U0001f600 e\u0301".encode(),
}


@pytest.mark.parametrize("media_type", BASES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=8))
def test_a_damaged_file_gives_text_or_a_reason_of_its_format(
    parser: ParserProcess, media_type: str, changes: list[tuple[float, bytes]]
) -> None:
    data = bytearray(BASES[media_type])
    for place, replacement in changes:
        at = int(place * len(data))
        data[at : at + 2] = replacement
    found = _extracted(parser, bytes(data), media_type)
    if isinstance(found, Extraction):
        _check_form(found.text)
    else:
        assert found not in ("parser_failed", "parser_crashed", "parser_timeout")


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda t: t.encode()))
def test_any_bytes_give_text_or_a_reason_in_every_format(
    parser: ParserProcess, data: bytes
) -> None:
    for media_type in BASES:
        found = _extracted(parser, data, media_type)
        if isinstance(found, Extraction):
            _check_form(found.text)
        else:
            assert found not in ("parser_failed", "parser_crashed", "parser_timeout")


def _extracted(parser: ParserProcess, data: bytes, media_type: str) -> Extraction | str:
    try:
        return parser.extract(data, media_type=media_type, filename=None)
    except Unextractable as refusal:
        return refusal.reason


def _check_form(text: str) -> None:
    assert text
    assert all(ch in "\n\t" or ch.isprintable() or ch not in map(chr, range(32)) for ch in text)
    assert not any("\ud800" <= ch <= "\udfff" or ch in "\0\r\x7f" for ch in text)
    assert output.normalised(text) == text
