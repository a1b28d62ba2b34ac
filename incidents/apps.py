from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = _("Alarms")

    def ready(self) -> None:
        from cameras.access import register_watch_grant  # noqa: PLC0415 -- after the models
        from incidents import receivers  # noqa: F401, PLC0415 -- connects itself
        from incidents.queries.police import cameras_open_to_police  # noqa: PLC0415 -- as above
        from incidents.queries.sheet_parts import register_own_parts  # noqa: PLC0415 -- as above

        register_own_parts()
        register_watch_grant(cameras_open_to_police)
