"""Celery of the portal: two queues, and what beat starts.

`record` carries endless tasks (one per stream) and the short ones that keep them alive;
`jobs` carries exports, retention and the rest. A task is acknowledged early: an endless task
must never come back by the broker's visibility timeout. What must not be lost is a row in the
database, and the task is only the wake-up call.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atomgrad_site.settings")

app = Celery("atomgrad")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.task_routes = {
    "archive.record_stream": {"queue": "record"},
    "archive.dispatch_recorders": {"queue": "record"},
    "*": {"queue": "jobs"},
}
app.conf.beat_schedule = {
    "dispatch-recorders": {"task": "archive.dispatch_recorders", "schedule": 1.0},
    "register-recordings": {"task": "archive.register_pending_recordings", "schedule": 10.0},
    "purge-recordings": {"task": "archive.purge_recordings", "schedule": 30.0},
    "dispatch-exports": {"task": "archive.dispatch_exports", "schedule": 5.0},
    "upload-recordings": {"task": "archive.upload_recordings", "schedule": 60.0},
    "watch-volumes": {"task": "archive.watch_volumes", "schedule": 10.0},
}


@setup_logging.connect
def keep_django_logging(**kwargs: Any) -> None:
    """Being connected is enough: Celery then leaves the loggers as settings.LOGGING has them."""


@worker_ready.connect
def say_ready(*, sender: Any, **kwargs: Any) -> None:
    logging.getLogger("atomgrad.worker").info("%s is ready", sender.hostname)
