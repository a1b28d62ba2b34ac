"""Settings of the portal. Everything a town may change comes from the environment (ATOMGRAD_*).

Without a single variable set the portal runs embedded: SQLite, files under `var/`, a Redis
of its own on a Unix socket. docs/operations.md lists the variables.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"


def env(name: str, default: str = "") -> str:
    return os.environ.get(f"ATOMGRAD_{name}", default)


def env_flag(name: str, *, default: bool = False) -> bool:
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def env_number(name: str, default: float) -> float:
    text = env(name)
    try:
        return float(text) if text else default
    except ValueError as error:
        message = f"ATOMGRAD_{name} must be a number, not {text!r}"
        raise ImproperlyConfigured(message) from error


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def read_or_make_secret(name: str) -> str:
    """Return the secret kept in DATA_DIR, made at the first start, readable by its owner only."""
    path = DATA_DIR / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(get_random_secret_key())
    return path.read_text().strip()


SECRET_KEY = env("SECRET_KEY") or read_or_make_secret("secret_key")
# Camera passwords are encrypted with this key; see cameras/secrets.py.
FIELD_ENCRYPTION_KEY = env("FIELD_ENCRYPTION_KEY") or read_or_make_secret("field_key")
DEBUG = env_flag("DEBUG")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # its pages come with the addresses (urls.py)
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "storages",
    "atomgrad_site",
    "cameras",
    "archive",
    "analytics",
    "incidents",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "atomgrad_site.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "atomgrad_site.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "atomgrad_site.urls"
ASGI_APPLICATION = "atomgrad_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "atomgrad_site.context.page_frame",
            ],
        },
    },
]

# --- database --------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'atomgrad.sqlite3'}"),
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a write takes its lock at once and waits, instead of failing half way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis, Channels, Celery -----------------------------------------------------------
REDIS_URL = env("REDIS_URL", f"unix://{DATA_DIR / 'redis.sock'}")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # Longer than the 5 s for which a consumer waits in one question to Redis: the
            # client's own default is just as long and would cut each idle WebSocket.
            "hosts": [{"address": REDIS_URL, "socket_timeout": 15}],
            "prefix": "atomgrad",
            "capacity": 500,
        },
    }
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_TASK_DEFAULT_QUEUE = "jobs"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_TIMEZONE = "UTC"

# --- people ----------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Set when the portal stands behind a proxy that speaks HTTPS.
HTTPS = env_flag("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # the proxy that speaks HTTPS redirects; see deploy/nginx.conf
    "security.W005",  # the town's other hosts are not this portal's business
    "security.W021",  # nor is the browsers' preload list
]

# --- language and time -----------------------------------------------------------------
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = sorted(path for path in (BASE_DIR / "locale").iterdir() if path.is_dir())
USE_I18N = True
USE_TZ = True
# The town's zone: pages show it, the database and the engine know UTC only.
TIME_ZONE = env("TIME_ZONE", "Europe/Moscow")

# --- static files ----------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "media"  # small things only; footage lives on volumes
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- footage ---------------------------------------------------------------------------
ARCHIVE_DIR = Path(env("ARCHIVE_DIR", str(DATA_DIR / "archive")))
EXPORT_DIR = Path(env("EXPORT_DIR", str(DATA_DIR / "exports")))
SEGMENT_SECONDS = float(env("SEGMENT_SECONDS", "60"))  # length of a recording's file
RETENTION_DAYS = int(env_number("RETENTION_DAYS", 30))
# Bytes; 0: no quota, the free-space watermarks alone decide.
ARCHIVE_QUOTA_BYTES = int(env_number("ARCHIVE_QUOTA_GB", 0) * 1e9)
ARCHIVE_LOW_FREE_PERCENT = env_number("ARCHIVE_LOW_FREE_PERCENT", 10)  # deletion starts
ARCHIVE_FULL_FREE_PERCENT = env_number("ARCHIVE_FULL_FREE_PERCENT", 3)  # alarm
# A bucket for finished recordings (django-storages); empty: they stay on the volume.
S3_BUCKET = env("S3_BUCKET")
S3_ENDPOINT_URL = env("S3_ENDPOINT_URL")
S3_ACCESS_KEY = env("S3_ACCESS_KEY")
S3_SECRET_KEY = env("S3_SECRET_KEY")
S3_REGION = env("S3_REGION")


def s3_storage(bucket: str) -> dict[str, Any]:
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": S3_ENDPOINT_URL or None,
            "access_key": S3_ACCESS_KEY or None,
            "secret_key": S3_SECRET_KEY or None,
            "region_name": S3_REGION or None,
            "file_overwrite": False,  # two recordings must never meet in one object
            "querystring_expire": 300,
            "default_acl": None,
        },
    }


if S3_BUCKET:
    STORAGES["archive"] = s3_storage(S3_BUCKET)
# A path that the proxy maps to the volumes and exports (nginx "internal"); empty: the portal
# sends the bytes itself. See docs/design/playback.md.
X_ACCEL_PREFIX = env("X_ACCEL_PREFIX").rstrip("/")
# "redirect": the browser fetches from the bucket by a presigned URL; "proxy": through the portal.
BUCKET_PLAYBACK = env("BUCKET_PLAYBACK", "redirect")
BUCKET_AFTER_MINUTES = int(env_number("BUCKET_AFTER_MINUTES", 10))  # upload of a recording this old
BUCKET_LOCAL_HOURS = env_number("BUCKET_LOCAL_HOURS", 24)  # then its local file goes
# The key that signs, and the public halves of all that ever did; its owner alone may read it.
PROOF_DIR = Path(env("PROOF_DIR", str(DATA_DIR / "proof")))
# Second places of the hourly signed heads: a file on another disk; /dev/log or HOST:PORT of syslog;
# a bucket with Object Lock (at S3_ENDPOINT_URL, with the same keys).
HEADS_FILE = env("HEADS_FILE")
HEADS_SYSLOG = env("HEADS_SYSLOG")
HEADS_S3_BUCKET = env("HEADS_S3_BUCKET")
HEADS_S3_PREFIX = env("HEADS_S3_PREFIX", "heads/")
HEADS_S3_MODE = env("HEADS_S3_MODE", "COMPLIANCE").upper()  # or GOVERNANCE
HEADS_S3_KEPT = timedelta(days=int(env_number("HEADS_S3_DAYS", 400)))
if HEADS_S3_BUCKET:
    from botocore.config import Config  # slow to import

    STORAGES["heads"] = s3_storage(HEADS_S3_BUCKET)
    # An export waits for the copy: a bucket that is away is known soon, and gets the head later.
    STORAGES["heads"]["OPTIONS"]["client_config"] = Config(
        connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2}
    )
# With Cyrillic letters, for papers in PDF; Debian: fonts-dejavu-core.
PDF_FONT = env("PDF_FONT", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
PDF_FONT_BOLD = env("PDF_FONT_BOLD", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
# How others open the portal, such as https://video.town.example: in the codes of papers.
PUBLIC_URL = env("PUBLIC_URL").rstrip("/")
CHAIN_DAYS = int(env_number("CHAIN_DAYS", 400))  # links of deleted files are kept so long
SCRUB_BYTES = int(env_number("SCRUB_GB", 200) * 1e9)  # read anew each night
EXPORT_MAX_HOURS = env_number("EXPORT_MAX_HOURS", 24)
EXPORTS_AT_ONCE = int(env_number("EXPORTS_AT_ONCE", 2))
DEMO = env_flag("DEMO")
# For RTSPS. Cameras make their certificates themselves: on only with an authority of the town.
VERIFY_CAMERA_CERTIFICATES = env_flag("VERIFY_CAMERA_CERTIFICATES")
# A folder of clips that play as cameras; see the `load_clips` command.
VIDEO_DIR = env("VIDEO_DIR")

# --- analysis -----------------------------------------------------------------------------

# Processes that watch live pictures, and as many that search recorded ones; 0: no analysis here.
ANALYSE_WORKERS = int(env_number("ANALYSE_WORKERS", 2))
# Networks' files, fetched by `manage.py fetch_weights`, or a folder that has them already.
WEIGHTS_DIR = Path(env("WEIGHTS_DIR", str(DATA_DIR / "weights")))
# Where `fetch_weights` takes them from: the base address of a mirror, or a folder; empty: from
# their publishers.
WEIGHTS_MIRROR = env("WEIGHTS_MIRROR")
# Clips with ground truth, for `manage.py evaluate`.
CLIPS_DIR = Path(env("CLIPS_DIR")) if env("CLIPS_DIR") else None
# Pictures of faces with ground truth, for the same command.
FACES_DIR = Path(env("FACES_DIR")) if env("FACES_DIR") else None
# Who compares faces: retail-0095, or sface (manage.py fetch_weights sface). Templates of different
# ones can't be compared: photos of the watch list are given anew after a change.
FACE_RECOGNIZER = env("FACE_RECOGNIZER", "retail-0095")
# Faces of people whom nobody looks for, their templates and the answers of searches; then deleted.
FACE_RETENTION_HOURS = env_number("FACE_RETENTION_HOURS", 72)

# --- incidents ---------------------------------------------------------------------------
INCIDENT_PREFIX = env("INCIDENT_PREFIX", "АГ")  # begins the number of a card: АГ-2026-000123
DUTY_NAME = env("DUTY_NAME", "ЕДДС")  # who reports, in the message that is read to the police
# Networks to which webhooks and mail may go, such as 10.20.0.0/16; empty: anywhere but to this
# machine and its link.
OUTSIDE_NETWORKS = env_list("OUTSIDE_NETWORKS")

# --- API -------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "1200/min"},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Atomgrad API",
    "DESCRIPTION": "Places, cameras, recordings, exports, rules and detections of the portal.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # What is done in the background (exports, trials) shares its states: one name for them.
    "ENUM_NAME_OVERRIDES": {
        "JobStateEnum": "archive.models.Export.State",
        "DetectionVerdictEnum": "analytics.models.Detection.Verdict",
        "AlarmVerdictEnum": "incidents.models.Alarm.Verdict",
        "AlarmSourceEnum": "incidents.models.Alarm.Source",
        "IncidentSourceEnum": "incidents.models.Incident.Source",
        "IncidentStatusEnum": "incidents.models.Incident.Status",
    },
}

# --- log -------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"credentials": {"()": "cameras.redaction.RedactCredentials"}},
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["credentials"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "libav": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
    },
}

TESTING = "pytest" in sys.modules
if TESTING:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
