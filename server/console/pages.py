"""Every module that offers pages of the console: reading this one offers them all."""

from server.console import (  # noqa: F401
    audit_log,
    breaches,
    conflicts,
    corrections,
    devices,
    duplicates,
    entrance,
    exports,
    forms,
    home,
    jobs,
    lists,
    photos,
    profiles,
    regions,
    retention,
    rights,
    system,
    users,
    workers,
)
