"""Models come with the capabilities of this app."""
