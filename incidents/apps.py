from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = _("Alarms")

    def ready(self) -> None:
        from incidents import receivers  # noqa: F401, PLC0415 -- connects itself
        from incidents.queries.sheet_parts import register_own_parts  # noqa: PLC0415 -- models

        register_own_parts()
