"""The one database: tables, engine, migrations, queries, and the local folder that caches Parquet.

Every table that holds a tenant's data carries `organization_id`, every query takes it and filters by it, and
composite foreign keys keep a row from pointing into another organization.
"""
