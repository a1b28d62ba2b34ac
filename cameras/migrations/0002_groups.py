"""The groups of users; what they may do stands in cameras.access."""

from django.db import migrations

NAMES = ("dispatcher", "senior", "staff", "police", "technician", "auditor")


def make_groups(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in NAMES:
        Group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("cameras", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
