"""Setup pages of incidents. Django finds them here."""

from incidents import admin_dictionaries, admin_interchange

__all__ = ["admin_dictionaries", "admin_interchange"]
