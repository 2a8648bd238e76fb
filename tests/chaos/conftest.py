"""The chaos tests use the installations of the server's tests."""

from tests.server.conftest import either_server, postgres_settings, settings, template  # noqa: F401
