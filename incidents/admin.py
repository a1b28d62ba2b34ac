"""Setup pages of incidents. Django finds them here."""

from incidents import admin_dictionaries, admin_interchange, admin_sources

__all__ = ["admin_dictionaries", "admin_interchange", "admin_sources"]
