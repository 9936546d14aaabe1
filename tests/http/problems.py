"""What every refusal has to look like, whatever was wrong with the request."""

from typing import Any
from uuid import UUID

import httpx2

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:muniment:problem:"
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
}


def refused(answer: httpx2.Response, *statuses: int) -> dict[str, Any]:
    """The problem in the answer, which has one of the statuses, or else any of 400 to 499."""
    expected = statuses or range(400, 500)
    assert answer.status_code in expected, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == MEDIA_TYPE
    guarded(answer)
    problem: dict[str, Any] = answer.json()
    assert problem["type"].startswith(TYPE_PREFIX)
    assert problem["title"]
    assert problem["detail"]
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def name(problem: dict[str, Any]) -> str:
    """What the problem's type says after the prefix."""
    text: str = problem["type"]
    return text.removeprefix(TYPE_PREFIX)


def guarded(answer: httpx2.Response) -> None:
    """The answer has an id and tells browsers to do nothing with it."""
    assert answer.headers["x-request-id"]
    for header, value in SECURITY_HEADERS.items():
        assert answer.headers[header] == value, header
    assert not any(character.isdigit() for character in answer.headers.get("server", ""))


def without_id(problem: dict[str, Any]) -> dict[str, Any]:
    """The problem less what differs between two answers to the same."""
    return {key: value for key, value in problem.items() if key != "request_id"}


def is_id(text: str) -> bool:
    """Whether the text is a UUID."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True
