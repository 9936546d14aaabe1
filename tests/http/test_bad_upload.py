"""Files that are not what they seem, forms that are none, and more than the server takes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api import Account
from tests.documents import files
from tests.http import exchange
from tests.http.problems import name, refused
from tests.stack import Stack

DOCUMENTS = "/api/v1/documents"
SAMPLES = Path(__file__).parents[1] / "documents" / "samples"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)
PDF = files.pdf([["Invoices are kept for ten years."]])
MIB = 2**20
FORM = "multipart/form-data; boundary=B"


@pytest.fixture(scope="module")
def account(stack: Stack) -> Account:
    return stack.register()


def upload(stack: Stack, account: Account, filename: str, data: bytes, **fields: str) -> Any:
    return stack.client.post(
        DOCUMENTS, headers=account.headers, files={"file": (filename, data)}, data=fields
    )


def part(
    name: bytes, value: bytes = b"x", filename: bytes | None = None, more: bytes = b""
) -> bytes:
    named = b'; filename="' + filename + b'"' if filename is not None else b""
    first = b'--B\r\nContent-Disposition: form-data; name="' + name + b'"' + named
    return first + b"\r\n" + more + b"\r\n" + value + b"\r\n"


def post_form(stack: Stack, account: Account, body: Any, media_type: str = FORM) -> httpx2.Response:
    headers = {**account.headers, "Content-Type": media_type}
    return stack.client.post(DOCUMENTS, headers=headers, content=body)


FILE = part(b"file", b"Invoices are kept for ten years.", b"a.txt")
END = b"--B--\r\n"
UNREADABLE = {
    "a PNG named .pdf": ("a.pdf", PNG),
    "a PNG named .txt": ("a.txt", PNG),
    "a text named .docx": ("a.docx", b"Invoices are kept for ten years."),
    "a PDF named .docx": ("a.docx", PDF),
    "a zip named .docx": ("a.docx", files.archive({"a.txt": b"a"})),
    "an encrypted PDF": ("locked.pdf", (SAMPLES / "locked.pdf").read_bytes()),
    "a PDF of scanned pages": ("scanned.pdf", (SAMPLES / "scanned.pdf").read_bytes()),
    "a PDF cut in half": ("a.pdf", PDF[: len(PDF) // 2]),
    "a PDF's first line": ("a.pdf", b"%PDF-1.7\n"),
    "a PDF of noise": ("a.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 40),
    "a text that is not UTF-8": ("a.txt", b"Invoices \xff\xfe are kept"),
    "a text with NUL": ("a.txt", b"Invoices\x00are kept"),
    "a text of blanks": ("a.txt", b" \n\t" * 100),
    "a program": ("a.txt", b"\x7fELF" + bytes(100)),
    "an unknown kind": ("a.xyz", b"\x00\x01\x02\x03" * 100),
    "JSON 100,000 deep": ("a.json", b"[" * 100_000 + b"]" * 100_000),
    "HTML 100,000 deep": ("a.html", b"<div>" * 100_000 + b"text"),
    "an empty HTML page": ("a.html", b"<!doctype html><html><body></body></html>"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_gives_no_text_says_why(stack: Stack, account: Account, what: str) -> None:
    answer = upload(stack, account, *UNREADABLE[what])
    if answer.status_code != 202:
        problem = refused(answer, 422)
        assert name(problem) == "unextractable"
        assert problem["reason"]
        return
    status = stack.settled(account, answer.json()["id"])
    assert status["overall"] == "FAILED"
    ingestion = status["stages"]["INGESTION"]
    assert ingestion["status"] == "FAILED"
    assert ingestion["reason"] not in (None, "", "internal_error", "worker_died")
    assert len(ingestion["detail"]) > 10


@pytest.mark.parametrize("filename", ["a.txt", "a.pdf", "a.html", "a.docx"])
def test_an_empty_file_is_refused(stack: Stack, account: Account, filename: str) -> None:
    assert name(refused(upload(stack, account, filename, b""), 422)) == "document-empty"


BROKEN_FORMS = {
    "nothing": (b"", FORM),
    "no parts": (END, FORM),
    "no boundary": (FILE + END, "multipart/form-data"),
    "an empty boundary": (FILE + END, "multipart/form-data; boundary="),
    "another boundary": (FILE + END, "multipart/form-data; boundary=C"),
    "a boundary of 5,000 characters": (FILE + END, "multipart/form-data; boundary=" + "B" * 5_000),
    "no end": (FILE, FORM),
    "cut in a header": (FILE + b"--B\r\nContent-Dis", FORM),
    "no form at all": (b"Invoices are kept for ten years.", FORM),
    "a part without disposition": (b"--B\r\n\r\nx\r\n" + END, FORM),
    "an attachment": (b"--B\r\nContent-Disposition: attachment\r\n\r\nx\r\n" + END, FORM),
    "a file name that is not UTF-8": (part(b"file", b"a", b"\xff\xfe.txt") + END, FORM),
    "a title that is not UTF-8": (FILE + part(b"title", b"\xff\xfe") + END, FORM),
    "a title in an unknown charset": (
        FILE + part(b"title", b"a", more=b"Content-Type: text/plain; charset=none\r\n") + END,
        FORM,
    ),
    "1,001 parts": (b"".join(part(b"p%d" % n) for n in range(1_001)) + END, FORM),
    "a header of 100 kB": (part(b"file", b"a", b"a.txt", b"X: " + b"y" * 100_000 + b"\r\n"), FORM),
    "no file": (part(b"title", b"Retention") + END, FORM),
    "a plain field named file": (part(b"file", b"Invoices") + END, FORM),
    "a file without a name": (part(b"file", b"Invoices", b"") + END, FORM),
    "two files": (FILE + FILE + END, FORM),
    "two titles": (FILE + part(b"title", b"a") + part(b"title", b"b") + END, FORM),
    "a title that is a file": (FILE + part(b"title", b"a", b"t.txt") + END, FORM),
    "an unknown field": (FILE + part(b"tenant_id", b"a") + END, FORM),
    "an unknown file": (FILE + part(b"other", b"a", b"o.txt") + END, FORM),
    "a knowledge base that is no id": (FILE + part(b"knowledge_base_id", b"a") + END, FORM),
    "an empty title": (FILE + part(b"title", b"") + END, FORM),
    "a title of 501 characters": (FILE + part(b"title", b"x" * 501) + END, FORM),
    "a title with NUL": (FILE + part(b"title", b"a\x00b") + END, FORM),
    "a title with a line end": (FILE + part(b"title", b"a\r\nX-Evil: b") + END, FORM),
    "a field's name with a line end": (FILE + part(b'a"\r\nX-Evil: b', b"x") + END, FORM),
}


@pytest.mark.parametrize("what", BROKEN_FORMS)
def test_a_form_that_is_broken_is_refused(stack: Stack, account: Account, what: str) -> None:
    refused(post_form(stack, account, *BROKEN_FORMS[what]), 400, 413, 422)


@pytest.mark.parametrize(("sent", "kept"), [
    ("../../../etc/passwd.txt", "passwd.txt"), ("..\\..\\boot.txt", "boot.txt"),
    ("/etc/shadow.txt", "shadow.txt"), ("C:\\a\\b.txt", "b.txt"), ("..", ".."),
    ("a\u202etxt.b.txt", "atxt.b.txt"), ("a\u200b.txt", "a.txt"), ("é" * 300, "é" * 255),
    ("~root.txt", "~root.txt"), ("%2e%2e%2fa.txt", "%2e%2e%2fa.txt"), ("CON.txt", "CON.txt"),
])  # fmt: skip
def test_a_name_that_leads_elsewhere_is_only_a_name(
    stack: Stack, account: Account, sent: str, kept: str
) -> None:
    body = part(b"file", b"Invoices are kept for ten years.", sent.encode()) + END
    answer = post_form(stack, account, body)
    assert answer.status_code == 202, answer.text
    headers = {**account.headers, "X-Wait-For-Position": answer.headers["x-event-position"]}
    url = f"{DOCUMENTS}/{answer.json()['id']}"
    document = stack.client.get(f"{url}?wait_ms=20000", headers=headers).json()
    assert (document["filename"], document["title"]) == (kept, kept)
    content = stack.client.get(f"{url}/content", headers=headers)
    assert content.content == b"Invoices are kept for ten years."
    disposition = content.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''")
    assert "/" not in disposition
    assert content.headers["content-security-policy"].startswith("sandbox")


def test_50_mb_are_refused_before_they_are_sent(stack: Stack, account: Account) -> None:
    for media_type in ("application/json", FORM):
        request = exchange.head(
            "POST",
            DOCUMENTS,
            Authorization=account.headers["Authorization"],
            Content_Type=media_type,
            Content_Length=str(50 * MIB),
        )
        began = time.monotonic()
        assert exchange.status(exchange.send(stack, request, b'{"title"')) == 413
        assert time.monotonic() - began < 1


@pytest.mark.parametrize("media_type", ["application/json", FORM])
def test_a_body_without_end_is_refused_while_it_is_sent(
    stack: Stack, account: Account, media_type: str
) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        yield part(b"file", b"", b"a.txt")[:-2] if media_type == FORM else b'{"title": "'
        while sent < 500:
            sent += 1
            yield b"x" * MIB

    answer = post_form(stack, account, chunks(), media_type)
    assert name(refused(answer, 413)) == "request-entity-too-large"
    assert sent < 500


def test_a_file_just_under_the_limit_is_taken(stack: Stack, account: Account) -> None:
    data = (b"Invoices are kept for ten years.\n" * MIB)[: 20 * MIB - 1024]
    answer = upload(stack, account, "large.txt", data)
    assert answer.status_code == 202
    removed = stack.client.delete(
        f"{DOCUMENTS}/{answer.json()['id']}", headers={**account.headers, "If-Match": "*"}
    )
    assert removed.status_code == 204


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "", "9" * 30, "5, 6"])
def test_a_length_that_is_none_closes_the_connection(
    stack: Stack, account: Account, length: str
) -> None:
    request = exchange.head(
        "POST",
        DOCUMENTS,
        Authorization=account.headers["Authorization"],
        Content_Type="application/json",
        Content_Length=length,
    )
    assert exchange.status(exchange.send(stack, request, b"{}")) in (400, 413)
