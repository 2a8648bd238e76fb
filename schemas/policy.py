"""How a field is decided when several edits of it stand side by side: names and meaning, no code that merges.

Source: protocol section 4. Which field has which policy is said in `schemas/kinds`, nowhere else.
"""

LATEST = "latest"
"""The head with the latest effective time; ties by device id, then seq, the greatest winning. Nobody need look."""

REVIEW = "review"
"""What names a person, money, death, consent: the earliest head stands, a desk's before all, until a person looks."""

UNION = "union"
"""Sets: all members of all heads."""

GREATEST = "greatest"
"""What normally only goes up: the greatest head."""

POLICIES = (LATEST, REVIEW, UNION, GREATEST)
