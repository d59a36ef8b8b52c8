"""The queries, one module a subject. Each takes keyword-only `session` and `organization_id`, and filters by it.

Identifiers that come from a page are never enough: a row of another organization is not found, whoever asks.
"""
