"""Structured logs: one line an event, secrets and personal data left out."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from infrastructure.settings import Settings
from interfaces import tracebacks
from interfaces.log_lines import LogLines

HIDDEN = frozenset(
    {"password", "password_hash", "token", "access_token", "refresh_token", "authorization"}
    | {"secret", "email", "jwt_secret", "cookie", "admin_token"}
)


def configure(settings: Settings, file: TextIO | None = None) -> None:
    """Set up structlog, and send the libraries' own logs the same way.

    They go to standard output, or to `file`.
    """
    file = sys.stdout if file is None else file
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide,
        structlog.processors.ExceptionRenderer(tracebacks.render),
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=LogLines(file),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Mask every value whose name says that it is secret or personal."""
    for key in event:
        if key.lower() in HIDDEN:
            event[key] = "…"
    return event
