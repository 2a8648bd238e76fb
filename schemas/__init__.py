"""The words of the service: what a record may hold, how it is written, and every sentence of refusal."""
