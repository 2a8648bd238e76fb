"""The demo: real villages of East Kalimantan, invented people and their story, and officers at work."""
