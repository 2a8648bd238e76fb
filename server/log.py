"""One JSON line a batch, job and refusal on standard error; device and record ids, never what a worker told."""

from __future__ import annotations

import sys
import traceback
from typing import Any, TextIO

import structlog


def write_to(file: TextIO) -> None:
    """From now on the lines go there."""
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.add_log_level,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )


write_to(sys.stderr)


def said(event: str, **what: Any) -> None:
    """Something happened that an administrator may want to count or look up."""
    structlog.get_logger().info(event, **what)


def refused(slug: str, status: int) -> None:
    structlog.get_logger().info("refused", problem=slug, status=status)


def failed(error: BaseException, **what: Any) -> None:
    """A bug, or a broken disk: where it was, without the message, which may quote a worker's data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    structlog.get_logger().error("failed", error=type(error).__name__, where=where[-8:], **what)
