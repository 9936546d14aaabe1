"""Which class and activity of the Open Cybersecurity Schema Framework an event type is.

Version 1.4.0, category Identity & Access Management (3). What has no word there is `Other`.
"""

from functools import cache
from typing import Final, NamedTuple

VERSION: Final = "1.4.0"
CATEGORY_UID: Final = 3
CATEGORY_NAME: Final = "Identity & Access Management"
ACCOUNT_CHANGE: Final = 3001
AUTHENTICATION: Final = 3002
ENTITY_MANAGEMENT: Final = 3004
OTHER: Final = 99

_CLASS_NAMES: Final = {
    ACCOUNT_CHANGE: "Account Change",
    AUTHENTICATION: "Authentication",
    ENTITY_MANAGEMENT: "Entity Management",
}
_CLASSES: Final = {"login": ACCOUNT_CHANGE, "session": AUTHENTICATION}
_ACTIVITIES: Final[dict[int, dict[str, tuple[int, str]]]] = {
    ACCOUNT_CHANGE: {
        "registered": (1, "Create"),
        "enabled": (2, "Enable"),
        "password_changed": (3, "Password Change"),
        "password_reset": (4, "Password Reset"),
        "disabled": (5, "Disable"),
        "erased": (6, "Delete"),
        "removed": (6, "Delete"),
    },
    AUTHENTICATION: {"started": (1, "Logon"), "ended": (2, "Logoff")},
    ENTITY_MANAGEMENT: {
        "registered": (1, "Create"),
        "created": (1, "Create"),
        "added": (1, "Create"),
        "given": (1, "Create"),
        "read": (2, "Read"),
        "export_started": (2, "Read"),
        "renamed": (3, "Update"),
        "ticker_added": (3, "Update"),
        "ticker_removed": (3, "Update"),
        "removed": (4, "Delete"),
        "suspended": (12, "Suspend"),
        "paused": (12, "Suspend"),
        "resumed": (13, "Resume"),
        "reactivated": (13, "Resume"),
    },
}


class Kind(NamedTuple):
    """What an event is in OCSF."""

    class_uid: int
    class_name: str
    activity_id: int
    activity_name: str

    @property
    def type_uid(self) -> int:
        """Class and activity in one number."""
        return self.class_uid * 100 + self.activity_id


@cache
def kind_of(type_: str) -> Kind:
    """What events of a type are; also of one that this release doesn't know."""
    noun, _, verb = type_.rpartition(".")
    class_uid = _CLASSES.get(noun, ENTITY_MANAGEMENT)
    activity_id, name = _ACTIVITIES[class_uid].get(verb, (OTHER, verb or "Other"))
    return Kind(class_uid, _CLASS_NAMES[class_uid], activity_id, name)
