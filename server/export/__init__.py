"""Lists that leave the house: what may stand in each, and the formats that they are written in."""
