"""The report of a team: what goes in, how it is put together, kept and handed out."""
