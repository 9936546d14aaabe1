"""What the Open Cybersecurity Schema Framework 1.4.0 asks of the classes that exports use.

Written down from the published schema: the attributes that are required, those in use besides, with
their types and enumerations, and the constraint that at least one of some is there.
"""

from typing import Any, NamedTuple

VERSION = "1.4.0"


class Attribute(NamedTuple):
    """One attribute of an object."""

    kind: str
    """integer, long, timestamp, string, boolean, json, or the name of an object."""
    required: bool = False
    values: frozenset[int] = frozenset()


class Object(NamedTuple):
    """A class or an object."""

    attributes: dict[str, Attribute]
    one_of: tuple[str, ...] = ()
    """At least one of these is there."""


TEXT = Attribute("string")
NUMBER = Attribute("integer")


def enumerated(*values: int, required: bool = True) -> Attribute:
    return Attribute("integer", required, frozenset(values))


OBJECTS = {
    "metadata": Object(
        {
            "version": Attribute("string", required=True),
            "product": Attribute("product", required=True),
            **dict.fromkeys(("uid", "event_code", "tenant_uid", "correlation_uid"), TEXT),
            **dict.fromkeys(("log_name", "log_provider", "original_time"), TEXT),
            "sequence": NUMBER,
        }
    ),
    "product": Object(
        dict.fromkeys(("name", "vendor_name", "version", "uid"), TEXT), ("name", "uid")
    ),
    "user": Object(
        {"uid": TEXT, "name": TEXT, "type_id": enumerated(0, 1, 2, 3, 99, required=False)},
        ("account", "name", "uid"),
    ),
    "actor": Object(
        {"user": Attribute("user"), "app_name": TEXT},
        ("process", "user", "invoked_by", "session", "app_name", "app_uid"),
    ),
    "session": Object({"uid": TEXT}),
    "service": Object({"name": TEXT, "uid": TEXT}, ("name", "uid")),
    "managed_entity": Object(
        {"name": TEXT, "uid": TEXT, "type": TEXT},
        ("name", "uid", "device", "group", "org", "policy", "user"),
    ),
}
BASE = {
    **dict.fromkeys(("activity_name", "category_name", "class_name", "type_name"), TEXT),
    **dict.fromkeys(("severity", "status", "message"), TEXT),
    "category_uid": enumerated(3),
    "type_uid": Attribute("long", required=True),
    "severity_id": enumerated(0, 1, 2, 3, 4, 5, 6, 99),
    "status_id": enumerated(0, 1, 2, 99, required=False),
    "time": Attribute("timestamp", required=True),
    "metadata": Attribute("metadata", required=True),
    "actor": Attribute("actor"),
    "unmapped": Attribute("json"),
}
CLASSES = {
    3001: Object(
        {
            **BASE,
            "activity_id": enumerated(0, *range(1, 13), 99),
            "class_uid": enumerated(3001),
            "user": Attribute("user", required=True),
        }
    ),
    3002: Object(
        {
            **BASE,
            "activity_id": enumerated(0, *range(1, 7), 99),
            "class_uid": enumerated(3002),
            "user": Attribute("user", required=True),
            "session": Attribute("session"),
            "service": Attribute("service"),
        },
        ("service", "dst_endpoint"),
    ),
    3004: Object(
        {
            **BASE,
            "activity_id": enumerated(0, *range(1, 14), 99),
            "class_uid": enumerated(3004),
            "entity": Attribute("managed_entity", required=True),
        }
    ),
}
_TYPES = {"string": str, "boolean": bool, "json": dict}


def faults(event: dict[str, Any]) -> list[str]:
    """Everything in which an event is not as its class says."""
    found = _faults(CLASSES[event["class_uid"]], event, "")
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        found.append("type_uid is not class and activity")
    if event["activity_id"] == 99 and not event.get("activity_name"):
        found.append("an activity that is Other has a name")
    if event["metadata"]["version"] != VERSION:
        found.append("another version of the schema")
    return found


def _faults(schema: Object, value: dict[str, Any], where: str) -> list[str]:
    found = [
        f"{where}{name} is missing"
        for name, attribute in schema.attributes.items()
        if attribute.required and name not in value
    ]
    if schema.one_of and value.keys().isdisjoint(schema.one_of):
        found.append(f"{where}none of {schema.one_of}")
    for name, inner in value.items():
        attribute = schema.attributes.get(name)
        if attribute is None:
            found.append(f"{where}{name} is unknown")
        elif attribute.kind in OBJECTS:
            found += _faults(OBJECTS[attribute.kind], inner, f"{where}{name}.")
        elif not isinstance(inner, _TYPES.get(attribute.kind, int)) or isinstance(inner, bool):
            found.append(f"{where}{name} is no {attribute.kind}")
        elif attribute.values and inner not in attribute.values:
            found.append(f"{where}{name} is {inner}")
    return found
