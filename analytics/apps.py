from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics import passports, stills  # noqa: F401, PLC0415 -- connect themselves
