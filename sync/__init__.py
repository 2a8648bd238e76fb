"""The law: what is accepted, and what the accepted changes add up to. Pure: no I/O, no clock, no chance."""
