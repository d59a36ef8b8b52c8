"""What Alembic runs for each command; `app.storage.migrations` hands it an open connection and owns the transaction."""

from __future__ import annotations

from alembic import context

from app.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    # SQLite takes schema changes back too, because the engine begins each transaction itself.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
