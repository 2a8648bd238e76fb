"""Lists that come in: read from workbooks and text files, their columns mapped, their rows matched with the records."""
