"""The door, the memory, the desks and the clock."""
