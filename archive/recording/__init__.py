"""What one record worker runs: a hub with a source, a recorder and a lease per stream."""
