"""One operation of the API's description as HTML, with an example to paste into a shell."""

import shlex
from typing import Any, NamedTuple

import msgspec

from interfaces.http import reference_schema
from interfaces.http.markup import Html, element, join, prose

Json = dict[str, Any]

_FORM = "multipart/form-data"


class Operation(NamedTuple):
    """A method on a path, and what the description says about it."""

    method: str
    path: str
    about: Json

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return str(self.about["operationId"])

    @property
    def public(self) -> bool:
        """Whether it needs no access token."""
        return self.about.get("security") == []


def render(operation: Operation, components: Json, address: str) -> Html:
    """The operation's section."""
    about = operation.about
    return element(
        "article",
        element(
            "header",
            element("h3", element("a", str(about["summary"]), href=f"#{operation.anchor}")),
            element("p", _line(operation), class_="line"),
        ),
        element(
            "div",
            element("p", prose(about.get("description", ""))),
            _parameters(about),
            _body(about, components),
            _answers(about),
            class_="words",
        ),
        element("div", *_examples(operation, address), class_="examples"),
        id=operation.anchor,
    )


def _line(operation: Operation) -> Html:
    access = "no token" if operation.public else "access token"
    return join(
        element("span", operation.method, class_=f"method {operation.method.lower()}"),
        element("code", operation.path),
        element("span", access, class_="access"),
    )


def _parameters(about: Json) -> Html | None:
    if not about.get("parameters"):
        return None
    rows = [
        reference_schema.row(
            given["name"],
            given["schema"],
            required=given.get("required", False),
            note=given.get("description"),
            place=given["in"],
        )
        for given in about["parameters"]
    ]
    return join(element("h4", "Parameters"), element("table", *rows))


def _body(about: Json, components: Json) -> Html | None:
    content: Json = about.get("requestBody", {}).get("content", {})
    parts = [
        join(
            element("h4", "Body ", element("code", media_type)),
            reference_schema.table(media["schema"], components),
        )
        for media_type, media in content.items()
    ]
    return join(*parts) if parts else None


def _answers(about: Json) -> Html:
    fine = {status: about["responses"][status] for status in about["responses"] if status[0] == "2"}
    wrong = {status: about["responses"][status] for status in about["responses"].keys() - fine}
    problems = element(
        "details",
        element("summary", "Problems"),
        element("table", *[_answer(status, wrong[status]) for status in sorted(wrong)]),
    )
    return join(
        element("h4", "Answer"),
        element("table", *[_answer(status, answer) for status, answer in fine.items()]),
        problems,
    )


def _answer(status: str, answer: Json) -> Html:
    about: list[Html] = [element("span", prose(answer["description"]))]
    for media_type, media in answer.get("content", {}).items():
        if media["schema"]:
            about.append(element("span", reference_schema.type_of(media["schema"]), class_="type"))
        if media_type != "application/json":
            about.append(element("span", media_type, class_="limit"))
    for name, header in answer.get("headers", {}).items():
        about.append(element("p", element("code", name), " ", prose(header["description"])))
    return element("tr", element("th", status, scope="row"), element("td", *about))


def _examples(operation: Operation, address: str) -> list[Html]:
    content: Json = operation.about.get("requestBody", {}).get("content", {})
    requests = [_curl(operation, address, kind, media) for kind, media in content.items()]
    parts = [element("pre", text) for text in requests or [_curl(operation, address, "", {})]]
    for status, answer in operation.about["responses"].items():
        for media in answer.get("content", {}).values():
            if "example" in media:
                parts += [element("h4", status), element("pre", _pretty(media["example"]))]
    return parts


def _curl(operation: Operation, address: str, media_type: str, media: Json) -> str:
    """A command that can be pasted once `$TOKEN` is set."""
    implied = "POST" if media_type else "GET"
    method = "" if operation.method == implied else f" -X {operation.method}"
    lines = [f"curl{method} {shlex.quote(address + operation.path)}"]
    if not operation.public:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    lines += [
        f"-H '{given['name']}: *'"
        for given in operation.about.get("parameters", [])
        if given["in"] == "header" and given["required"]
    ]
    if media_type == _FORM:
        lines.append("-F file=@report.pdf")
    elif media_type:
        lines.append(f"-H 'Content-Type: {media_type}'")
        lines.append(f"-d {shlex.quote(_pretty(_example(media)))}")
    return " \\\n  ".join(lines)


def _example(media: Json) -> Any:
    named: Json = media.get("examples", {})
    return next(iter(named.values()))["value"] if named else media.get("example")


def _pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
