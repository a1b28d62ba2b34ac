from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "atomgrad_site"

    def ready(self) -> None:
        from atomgrad_site.checks import register_checks  # noqa: PLC0415 -- needs settings
        from atomgrad_site.shift_sheet import register_site_parts  # noqa: PLC0415 -- models

        register_checks()
        register_site_parts()
