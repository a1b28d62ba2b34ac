"""What is read of alarms, incidents, shifts and reports."""
