"""Archive over HTTP: docs/design/architecture.md lists what each answers."""
