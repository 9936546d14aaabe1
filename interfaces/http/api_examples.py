"""A sample value for any schema of the description, from the examples that stand in the types."""

from typing import Any

Json = dict[str, Any]

_BY_FORMAT = {
    "uuid": "0198c2f4-7a31-7c55-9b0e-3d6f1a2b4c5d",
    "date-time": "2026-11-20T09:30:00Z",
    "date": "2026-11-20",
    "binary": "(the bytes of the file)",
}
_BY_NAME: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9…",
    "refresh_token": "eyJhbGciOiJIUzI1NiJ9…",
    "actor": "user:0198c2f4-7a31-7c55-9b0e-3d6f1a2b4c5d",
    "answer": "Invoices are kept for ten years.",
    "content_sha256": "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea",
    "detail": "One sentence for a person.",
    "description": "Signed contracts since 2019",
    "display_name": "Ada",
    "email": "ada@example.org",
    "end": 32,
    "expires_in": 900,
    "filename": "retention.md",
    "language": "en",
    "media_type": "text/markdown",
    "name": "Contracts",
    "next_cursor": "AAAAAAAAAAc",
    "plan": "free",
    "pointer": "/owner/email",
    "query": "How long are invoices kept?",
    "role": "owner",
    "size": 33,
    "slug": "example-archive",
    "start": 0,
    "status": "active",
    "text": "Invoices are kept for ten years.",
    "text_sha256": "8b1a9953c4611296a827abf8c47804d7fbf4ad0d2a2c1bf9c1f1c3d5b9c7b9a0",
    "tickers": "2222",
    "title": "Retention policy",
    "type": "document.added",
}
"""What a field is called means the same everywhere in this API."""

_KEYS = {"stages": "Stage"}
"""Objects whose keys are the values of a named type, which JSON Schema doesn't tell."""

_FINE = ("ready", "COMPLETED")
"""Of several values the one that an example shows."""

_BY_TYPE: dict[str, Any] = {
    "string": "text",
    "integer": 7,
    "number": 0.87,
    "boolean": True,
    "null": None,
}
_DEPTH_MAX = 8


def sample(schema: Json, components: Json, name: str = "", depth: int = 0) -> Any:
    """A value that the schema admits; what it names as an example goes first.

    Args:
        name: of the field that the value is for.
    """
    if "$ref" in schema:
        return sample(components[schema["$ref"].rpartition("/")[2]], components, name, depth)
    for given in (schema.get("examples"), [schema.get("default")], [schema.get("const")]):
        if given and given[0] not in (None, ""):
            return given[0]
    if "enum" in schema:
        return next((value for value in schema["enum"] if value in _FINE), schema["enum"][0])
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return sample(options[0], components, name, depth + 1)
    if depth > _DEPTH_MAX:
        return None
    if schema.get("type") == "object":
        return _object(schema, components, name, depth + 1)
    if schema.get("type") == "array":
        items = schema.get("items")
        return [sample(items, components, name, depth + 1)] if items else []
    return _plain(schema, name)


def _object(schema: Json, components: Json, of: str, depth: int) -> Json:
    properties: Json = schema.get("properties", {})
    found = {
        name: sample(given, components, name, depth)
        for name, given in properties.items()
        if not _is_left_out(given)
    }
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and more:
        keys = components.get(_KEYS.get(of, ""), {}).get("enum", ["name"])
        found |= {key: sample(more, components, key, depth) for key in keys}
    return found


def _is_left_out(schema: Json) -> bool:
    """An id that may be absent is better absent than made up: the example can then be tried."""
    return schema.get("default", schema) is None and "examples" not in schema


def _plain(schema: Json, name: str) -> Any:
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    usual = _BY_TYPE.get(str(schema.get("type")), {})
    named = _BY_NAME.get(name)
    return named if type(named) is type(usual) else usual
