"""The documentation page at `/docs`: the API's description as one page without scripts.

It is made here, so that it needs no network, and no exception from a strict content policy.
"""

from importlib import resources
from itertools import groupby
from typing import Any

from litestar import Controller, Request, Response, get

from interfaces.http import api_description, reference_schema
from interfaces.http.markup import Html, element, join, prose
from interfaces.http.reference_operation import Operation, render

Json = dict[str, Any]

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"

_CONVENTIONS = (
    ("Access", "Log in with `POST /api/v1/auth/login` and send its access token as"
     " `Authorization: Bearer …`. Another tenant's id answers as an unknown one does: 404."),
    ("Problems", "Every error is `application/problem+json` (RFC 9457) with `type`, `title`,"
     " `status`, `detail` and `request_id`; a 422 points to each fault with a JSON pointer."
     " Unknown fields are refused."),
    ("Reading what you wrote", "A write answers with `X-Event-Position`. Send that as"
     " `X-Wait-For-Position` with the next read, and it waits until its read model is there."),
    ("Doing it once", "With an `Idempotency-Key`, a POST that is sent again does nothing new and"
     " gives the first answer. `If-Match` with the `ETag` you read refuses what has changed."),
    ("Lists", "`limit` items (1 to 200), newest first; pass `next_cursor` as `cursor` for more,"
     " until it is null."),
)  # fmt: skip


class ReferencePage(Controller):
    """For people who read; programs take `/schema/openapi.json`."""

    path = "/docs"
    include_in_schema = False
    opt = {"public": True}  # noqa: RUF012 - litestar reads it from the class

    @get()
    async def page(self, request: Request[Any, Any, Any]) -> Response[str]:
        """The whole description on one page."""
        address = str(request.base_url).rstrip("/")
        return Response(
            page_of(api_description.of(request.app), address),
            media_type="text/html",
            headers={"Content-Security-Policy": POLICY},
        )

    @get("/style.css")
    async def style(self) -> Response[bytes]:
        """How it looks, by day and by night."""
        return Response(
            resources.files(__package__).joinpath("reference_page.css").read_bytes(),
            media_type="text/css",
        )


def page_of(description: Json, address: str) -> str:
    """The page. Everything in it is escaped, whatever the description holds.

    Args:
        address: of this server, for the examples.
    """
    operations = _operations(description)
    components: Json = description["components"]["schemas"]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{description['info']['title']} API"),
        element("link", rel="stylesheet", href="/docs/style.css"),
    )
    main = element(
        "main",
        _introduction(description),
        *[
            _group(tag, list(members), components, address)
            for tag, members in groupby(operations, key=_tag)
        ],
        _types(components),
    )
    body = element("body", _contents(description, operations), main)
    return "<!doctype html>\n" + element("html", head, body, lang="en")


def _operations(description: Json) -> list[Operation]:
    """Grouped by tag, in the order in which the tags first come up."""
    found = [
        Operation(method.upper(), path, about)
        for path, methods in description["paths"].items()
        for method, about in methods.items()
    ]
    tags = list(dict.fromkeys(map(_tag, found)))
    return sorted(found, key=lambda operation: tags.index(_tag(operation)))


def _tag(operation: Operation) -> str:
    return str(next(iter(operation.about.get("tags", [])), "Other"))


def _contents(description: Json, operations: list[Operation]) -> Html:
    parts: list[Html] = [
        element("a", element("strong", description["info"]["title"]), " API", href="#top")
    ]
    for tag, members in groupby(operations, key=_tag):
        entries = [
            element("li", element("a", str(member.about["summary"]), href=f"#{member.anchor}"))
            for member in members
        ]
        parts += [element("h2", tag), element("ul", *entries)]
    types = element("h2", element("a", "Types", href="#types"))
    return element("nav", *parts, types, aria_label="Contents")


def _introduction(description: Json) -> Html:
    info = description["info"]
    conventions = [
        join(element("dt", title), element("dd", prose(words))) for title, words in _CONVENTIONS
    ]
    return element(
        "section",
        element("h1", f"{info['title']} API"),
        element("p", info["description"], class_="lead"),
        element(
            "p",
            f"Version {info['version']}. The same for programs: ",
            element("a", "OpenAPI description", href="/schema/openapi.json"),
            ".",
        ),
        element("dl", *conventions),
        id="top",
    )


def _group(tag: str, members: list[Operation], components: Json, address: str) -> Html:
    parts = [render(member, components, address) for member in members]
    return element("section", element("h2", tag), *parts)


def _types(components: Json) -> Html:
    parts = []
    for name, schema in components.items():
        fields = reference_schema.table(schema, components)
        parts.append(
            element(
                "article",
                element("h3", reference_schema.title_of(name)),
                element("p", prose(schema.get("description", ""))),
                fields or element("p", reference_schema.type_of(schema)),
                id=reference_schema.anchor(name),
                class_="type-entry",
            )
        )
    return element("section", element("h2", "Types", id="types"), *parts)
