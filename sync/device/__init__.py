"""A device in Python: the law kept on a small disk, spoken over HTTP (`README.md` says how to write your own)."""
