"""The desks: pages for district operators, central staff, auditors and administrators."""
