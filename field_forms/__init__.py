"""The questions, as documents that phones are served."""
