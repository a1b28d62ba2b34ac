"""WebSockets of the alarms."""
