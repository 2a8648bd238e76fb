"""The database's shape over time: Alembic, run by `sambung init` on SQLite and PostgreSQL alike."""
