"""Run by Alembic with the connection that `server.actions.initialise` hands over."""

from alembic import context

from server.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=context.config.attributes["connection"].dialect.name == "sqlite",  # which makes a changed table anew
    transactional_ddl=True,
)
context.run_migrations()
