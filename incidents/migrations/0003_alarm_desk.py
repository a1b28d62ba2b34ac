"""Alarms of every source: their place, verdict, group and escalation, and pictures of marks."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def tell_what_detections_know(apps: Any, schema_editor: Any) -> None:
    """Fill the place of the camera and the verdict of the detection into what is there."""
    alarm = apps.get_model("incidents", "Alarm")
    camera = apps.get_model("cameras", "Camera")
    detection = apps.get_model("analytics", "Detection")
    place = camera.objects.filter(pk=OuterRef("camera_id")).values("location_id")
    judged = detection.objects.filter(pk=OuterRef("detection_id"))
    alarm.objects.update(place_id=Subquery(place[:1]), latest_at=F("raised_at"))
    alarm.objects.exclude(detection__verdict="").update(
        verdict=Subquery(judged.values("verdict")[:1]),
        verdict_by_id=Subquery(judged.values("verdict_by_id")[:1]),
        verdict_at=Subquery(judged.values("verdict_at")[:1]),
    )
    if schema_editor.connection.vendor == "postgresql":
        # The table is altered next, in the same transaction: what was put off is checked now.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0002_incidents"),
        ("analytics", "0003_redacted_copy"),
        ("cameras", "0003_excludes_faces"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AlarmPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('WAITING', 'being taken'), ('READY', 'ready'), ('MISSING', 'no frame')], default='WAITING', max_length=7)),
                ('taken_at', models.DateTimeField(blank=True, null=True)),
                ('path', models.CharField(blank=True, max_length=200)),
                ('problem', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': 'picture of an alarm',
                'verbose_name_plural': 'pictures of alarms',
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='alarm',
            name='escalated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='alarm',
            name='escalation',
            field=models.PositiveSmallIntegerField(choices=[(0, 'none'), (1, 'told to the senior'), (2, 'told again, louder')], default=0),
        ),
        migrations.AddField(
            model_name='alarm',
            name='external_id',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='alarm',
            name='group',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='incidents.alarm'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='group_count',
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='alarm',
            name='group_scope',
            field=models.CharField(choices=[('EVENT', 'one event'), ('PLACE', 'one place')], default='EVENT', max_length=5),
        ),
        migrations.AddField(
            model_name='alarm',
            name='is_drill',
            field=models.BooleanField(default=False, verbose_name='drill'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='latest_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='alarm',
            name='place',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="cameras.location", verbose_name="place"),
        ),
        migrations.AddField(
            model_name='alarm',
            name='source',
            field=models.CharField(choices=[('DETECTOR', 'detector'), ('DISPATCHER', 'dispatcher'), ('CALL_112', 'call to 112'), ('CITIZEN', 'citizen'), ('OUTSIDE', 'another system'), ('ONVIF', "camera's own analytics")], db_index=True, default='DETECTOR', max_length=10, verbose_name='source'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='text',
            field=models.TextField(blank=True, verbose_name='text'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='verdict',
            field=models.CharField(blank=True, choices=[('', 'not judged'), ('REAL', 'real'), ('FALSE', 'false'), ('WATCH', 'watched')], default='', max_length=5, verbose_name='verdict'),
        ),
        migrations.AddField(
            model_name='alarm',
            name='verdict_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='alarm',
            name='verdict_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='alarm',
            name='verdict_reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='reason'),
        ),
        migrations.RunPython(tell_what_detections_know, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="alarm",
            name="place",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="cameras.location", verbose_name="place"),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="camera",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='cameras.camera'),
        ),
        migrations.AlterField(
            model_name='alarm',
            name='detection',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='alarm', to='analytics.detection'),
        ),
        migrations.AlterField(
            model_name='alarm',
            name='kind',
            field=models.CharField(max_length=30, verbose_name='situation'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(fields=['place', 'latest_at'], name='alarm_place_latest'),
        ),
        migrations.AddConstraint(
            model_name='alarm',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('source', 'external_id'), name='alarm_told_once'),
        ),
        migrations.AddField(
            model_name='alarmpicture',
            name='alarm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='incidents.alarm'),
        ),
        migrations.AddField(
            model_name='alarmpicture',
            name='camera',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cameras.camera'),
        ),
        migrations.AddConstraint(
            model_name='alarmpicture',
            constraint=models.UniqueConstraint(fields=('alarm', 'camera'), name='alarm_pictured_once'),
        ),
    ]
