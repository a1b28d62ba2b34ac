from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("incidents", "0006_interchange")]

    operations = []  # type: ignore[var-annotated]  # -- filled as the models come
