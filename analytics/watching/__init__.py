"""What an analysis worker runs: one loop over its cameras; and searches in the archive."""
