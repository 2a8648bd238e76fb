"""The door for phones and programs."""
