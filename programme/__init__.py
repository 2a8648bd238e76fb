"""What the programme means: dated rules as data, and functions over them without clock, disk or network."""
