"""Celery of the portal: its queues, and what beat starts.

`record` carries endless tasks (one per stream) and the short ones that keep them alive;
`analyse` says which process watches which camera; `search` carries pieces of searches in the
archive; `jobs` carries exports, retention and the rest. A task is acknowledged early: an endless
task must never come back by the broker's visibility timeout. What must not be lost is a row in
the database, and the task is only the wake-up call.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atomgrad_site.settings")
# Checked before the portal starts; here it would load every page into every worker.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("atomgrad")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.task_routes = {
    "archive.record_stream": {"queue": "record"},
    "archive.dispatch_recorders": {"queue": "record"},
    "analytics.watch_camera": {"queue": "analyse"},
    "analytics.dispatch_watches": {"queue": "analyse"},
    "analytics.search_pieces": {"queue": "search"},
    "analytics.dispatch_backfills": {"queue": "search"},
    "*": {"queue": "jobs"},
}
# Each task expires after about as long: a worker that was away does not come back to a heap of
# them.
EVERY_SECONDS = {
    "archive.dispatch_recorders": 1.0,
    "archive.dispatch_exports": 5.0,
    "archive.register_pending_recordings": 10.0,
    "archive.watch_volumes": 10.0,
    "archive.purge_recordings": 30.0,
    "archive.upload_recordings": 60.0,
    "archive.sign_heads": 3600.0,
    "archive.scrub_archive": 86_400.0,
    "analytics.dispatch_watches": 1.0,
    "analytics.dispatch_backfills": 5.0,
    "analytics.run_out_faces": 60.0,
    "analytics.delete_expired_faces": 3600.0,
    "analytics.review_face_searches": 600.0,
    "incidents.raise_missed_alarms": 15.0,
    "incidents.escalate_alarms": 3.0,
    "incidents.take_pictures": 5.0,
    "incidents.exchange": 5.0,
}
app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds} for name, seconds in EVERY_SECONDS.items()
}


@setup_logging.connect
def keep_django_logging(**kwargs: Any) -> None:
    """Being connected is enough: Celery then leaves the loggers as settings.LOGGING has them."""


@worker_ready.connect
def say_ready(*, sender: Any, **kwargs: Any) -> None:
    logging.getLogger("atomgrad.worker").info("%s is ready", sender.hostname)
