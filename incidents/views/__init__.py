"""Pages of alarms, incidents, the shift, the reports and the police seat."""
