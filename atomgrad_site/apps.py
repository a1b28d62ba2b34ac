from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "atomgrad_site"

    def ready(self) -> None:
        from atomgrad_site.checks import register_checks  # noqa: PLC0415 -- needs settings

        register_checks()
