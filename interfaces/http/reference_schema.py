"""Types of the API's description as HTML: a word for a type, a table for an object."""

from typing import Any

import msgspec

from interfaces.http.markup import Html, element, join, prose

Json = dict[str, Any]

_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)


def anchor(name: str) -> str:
    """The id under which a named type stands on the page."""
    return "type-" + "".join(letter if letter.isalnum() else "-" for letter in name)


def type_of(schema: Json) -> Html:
    """What a value is, in a few words; a named type is a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return element("a", title_of(name), href=f"#{anchor(name)}")
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        words = [type_of(option) for option in options]
        return join(words[0], *(join(" or ", word) for word in words[1:]))
    if "const" in schema:
        return element("code", _json(schema["const"]))
    if "enum" in schema:
        words = [element("code", _json(value)) for value in schema["enum"]]
        return join(words[0], *(join(", ", word) for word in words[1:]))
    if schema.get("type") == "array":
        return join("list of ", type_of(schema.get("items") or {}))
    if schema.get("type") == "object":
        return _object_word(schema)
    return Html(element("span", str(schema.get("format") or schema.get("type") or "any value")))


def table(schema: Json, components: Json) -> Html | None:
    """The fields of an object, of what the schema names or holds; None where it has none."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    properties: Json = schema.get("properties", {})
    if not properties:
        return None
    required = schema.get("required", [])
    rows = [
        row(name, given, required=name in required, note=given.get("description"))
        for name, given in properties.items()
    ]
    return element("table", *rows)


def row(name: str, schema: Json, *, required: bool, note: str | None, place: str = "") -> Html:
    """One field or parameter: its name, its type, its limits, what it is for."""
    marks = [element("span", place, class_="place")] if place else []
    if not required:
        marks.append(element("span", "optional", class_="optional"))
    details = [element("span", type_of(schema), class_="type")]
    details += [element("span", words, class_="limit") for words in _limits(schema)]
    if note:
        details.append(element("p", prose(note)))
    return element(
        "tr",
        element("th", element("code", name), *marks, scope="row"),
        element("td", *details),
    )


def title_of(name: str) -> str:
    """`Page_ListedDocument_` as it is written in code: `Page[ListedDocument]`."""
    outer, inner, rest = name.partition("_")
    return f"{outer}[{rest.rstrip('_')}]" if inner else name


def _object_word(schema: Json) -> Html:
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and more:
        names = schema.get("propertyNames")
        return join("object of ", type_of(more), *([" by ", type_of(names)] if names else []))
    return Html(element("span", "object"))


def _limits(schema: Json) -> list[str]:
    found = []
    for option in [schema, *schema.get("anyOf", [])]:
        for low, high, unit in _RANGES:
            if low in option and high in option:
                found.append(f"{option[low]} to {option[high]}{unit}")
            elif low in option:
                found.append(f"at least {option[low]}{unit}")
            elif high in option:
                found.append(f"at most {option[high]}{unit}")
        if "pattern" in option:
            found.append(f"matches {option['pattern']}")
    if schema.get("default") not in (None, ""):
        found.append(f"default {_json(schema['default'])}")
    return found


def _json(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
