"""Rules of operating the installation."""

from domain.event import Conflict, Invalid, NotFound
from domain.text import is_line

REASON_LENGTH_MAX = 500


class ProjectionNotFound(NotFound):
    """There is no such projection."""


class TenantUnknown(NotFound):
    """There is no tenant with this id."""


class DeadLetterNotFound(NotFound):
    """There is no such dead letter; perhaps it was taken up meanwhile."""


class DeadLetterOutdated(Conflict):
    """This dead letter is of a version of the projection that this release does not run."""


class GenerationRefused(Conflict):
    """This generation can't do that now."""


class SkipReasonInvalid(Invalid):
    """A reason for skipping is one line of 1 to 500 characters and not blank."""


def check_reason(reason: str) -> str:
    """The reason as it is recorded.

    Raises:
        SkipReasonInvalid: it is none.
    """
    if not is_line(reason, length_max=REASON_LENGTH_MAX):
        raise SkipReasonInvalid
    return reason.strip()
