"""Forms and figures of incidents that need no Django."""
