from __future__ import annotations

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# The log book is only added to. A later migration that rebuilds the table on SQLite (any change of
# a column there does) must make its trigger anew; the tests of the trigger would tell.
SQLITE = """
CREATE TRIGGER incidents_journal_unchanged BEFORE UPDATE ON incidents_journalentry
BEGIN SELECT RAISE(ABORT, 'entries of the journal are never changed'); END
"""
POSTGRESQL = """
CREATE FUNCTION incidents_journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'entries of the journal are never changed or deleted'; END $$;
CREATE TRIGGER incidents_journal_unchanged BEFORE UPDATE OR DELETE ON incidents_journalentry
FOR EACH ROW EXECUTE FUNCTION incidents_journal_refuse();
"""


def protect_journal(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    schema_editor.execute(SQLITE if is_sqlite else POSTGRESQL)


def unprotect_journal(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER incidents_journal_unchanged")
    else:
        schema_editor.execute("DROP FUNCTION incidents_journal_refuse() CASCADE")


class Migration(migrations.Migration):
    dependencies = [
        ("cameras", "0003_excludes_faces"),
        ("incidents", "0004_packages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scenario", models.CharField(max_length=20, verbose_name="scenario")),
                ("footage_at", models.DateTimeField(blank=True, null=True)),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                ("remarks", models.CharField(blank=True, max_length=300, verbose_name="remarks")),
                ("result", models.JSONField(default=list)),
                (
                    "alarm",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drill",
                        to="incidents.alarm",
                    ),
                ),
                (
                    "camera",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cameras.camera",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cameras.location",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "drill",
                "verbose_name_plural": "drills",
                "ordering": ["-started_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Shift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="opened")),
                ("crew", models.CharField(blank=True, max_length=200, verbose_name="also on duty")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "close_reason",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="why without hand-over"
                    ),
                ),
                (
                    "open_mark",
                    models.BooleanField(default=True, editable=False, null=True, unique=True),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "shift",
                "verbose_name_plural": "shifts",
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("digest", models.CharField(max_length=64)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("NOTE", "note"),
                            ("TASK", "task from the city"),
                            ("TOUR", "tour of the cameras"),
                            ("OPENED", "shift opened"),
                            ("HANDED_OVER", "shift handed over"),
                            ("CLOSED", "shift closed without hand-over"),
                            ("MODE", "mode of the town"),
                            ("SOUND", "sound test"),
                            ("DRILL", "drill"),
                        ],
                        max_length=11,
                        verbose_name="kind",
                    ),
                ),
                ("written_at", models.DateTimeField(db_index=True, verbose_name="written")),
                ("text", models.TextField(blank=True, max_length=2000, verbose_name="text")),
                ("detail", models.JSONField(default=dict)),
                ("until", models.DateTimeField(null=True, verbose_name="until")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="correction",
                        to="incidents.journalentry",
                    ),
                ),
                (
                    "previous",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="following",
                        to="incidents.journalentry",
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="incidents.shift",
                        verbose_name="shift",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the journal",
                "verbose_name_plural": "journal of the duty",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sheet", models.JSONField(default=list)),
                ("journal_number", models.PositiveIntegerField(default=0)),
                ("journal_digest", models.CharField(blank=True, max_length=64)),
                ("begun_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField(verbose_name="handed over")),
                ("remarks", models.TextField(blank=True, max_length=2000, verbose_name="remarks")),
                (
                    "taken_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="taken over"),
                ),
                (
                    "disagreement",
                    models.TextField(blank=True, max_length=2000, verbose_name="disagreement"),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "next_shift",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_from",
                        to="incidents.shift",
                    ),
                ),
                (
                    "shift",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handover",
                        to="incidents.shift",
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-over of a shift",
                "verbose_name_plural": "hand-overs of shifts",
                "ordering": ["-signed_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="TownMode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("DAILY", "daily activity"),
                            ("ALERT", "high alert"),
                            ("EMERGENCY", "emergency"),
                        ],
                        max_length=9,
                        verbose_name="mode",
                    ),
                ),
                ("since", models.DateTimeField(verbose_name="since")),
                ("basis", models.CharField(max_length=200, verbose_name="basis")),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mode of the town",
                "verbose_name_plural": "modes of the town",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None), ("open_mark", True), ("open_mark__isnull", False)
                    ),
                    models.Q(("closed_at__isnull", False), ("open_mark", None)),
                    _connector="OR",
                ),
                name="shift_open_until_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="shift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_by", None),
                    models.Q(("close_reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="shift_closed_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("number", 1), ("previous", None)),
                    models.Q(("number__gt", 1), ("previous__isnull", False)),
                    _connector="OR",
                ),
                name="journal_entry_follows",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("next_shift", None), ("taken_at", None), ("taken_by", None)),
                    models.Q(
                        ("next_shift__isnull", False),
                        ("taken_at__isnull", False),
                        ("taken_by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="handover_taken_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("taken_by", None),
                    models.Q(("taken_by", models.F("signed_by")), _negated=True),
                    _connector="OR",
                ),
                name="handover_between_two",
            ),
        ),
        migrations.RunPython(protect_journal, unprotect_journal),
    ]
