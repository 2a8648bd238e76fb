"""The memory: the log of changes and the views drawn from it."""
