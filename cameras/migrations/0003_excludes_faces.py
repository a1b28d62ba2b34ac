"""Places where faces are not recognized: every playground, until staff says otherwise."""

from django.db import migrations, models


def exclude_playgrounds(apps, schema_editor):
    Location = apps.get_model("cameras", "Location")
    Location.objects.filter(icon="playground").update(excludes_faces=True)


class Migration(migrations.Migration):
    dependencies = [("cameras", "0002_groups")]
    operations = [
        migrations.AddField(
            model_name="location",
            name="excludes_faces",
            field=models.BooleanField(
                default=False,
                help_text=(
                    "A new playground begins so. Nobody is looked for or found by a face here."
                ),
                verbose_name="faces are not recognized here",
            ),
        ),
        migrations.RunPython(exclude_playgrounds, migrations.RunPython.noop),
    ]
