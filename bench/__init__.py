"""What is measured, against floors taken in the same run."""
