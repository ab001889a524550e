"""Django settings. Everything an operator may change is an environment variable, declared through config.env."""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = Path(env.text("FACTSTORM_DATA", "./data", "The one folder that holds everything Factstorm stores."))
if not DATA_DIR.is_absolute():
    DATA_DIR = BASE_DIR / DATA_DIR
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.flag("DEBUG", False, "Show error details in the browser. Never in production.")


def _secret_key() -> str:
    """SECRET_KEY, or one made at first start and kept in the data folder, readable by its owner alone."""
    given = env.text("SECRET_KEY", "", "Signs sessions and links. Without it one is made and kept in the data folder.")
    if given:
        return given
    path = DATA_DIR / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.names(
    "ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], "Host names this site answers to, comma separated."
)
TRUSTED_ORIGINS = env.names(
    "TRUSTED_ORIGINS", [], "Origins (https://host) whose pages may send forms and open sockets, besides our own host."
)
CSRF_TRUSTED_ORIGINS = TRUSTED_ORIGINS
PUBLIC_URL = env.text(
    "PUBLIC_URL", "", "The address people reach this site at, for links and code samples. Default: the request's own."
).rstrip("/")
HTTPS = env.flag("HTTPS", False, "Behind TLS: secure cookies, HSTS, and the proxy's X-Forwarded-Proto is trusted.")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "config",
    "workspaces",
    "broker_adapter",
    "eventcatalog",
    "storming",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "workspaces.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workspaces.middleware.PlainErrors",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
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
                "workspaces.context.shell",
            ]
        },
    }
]

DATABASE_URL = env.text(
    "DATABASE_URL", "", "sqlite:///path or postgres://user:password@host/name. Default: SQLite in the data folder."
)


def _database() -> dict[str, Any]:
    """SQLite in WAL mode with full syncs (acknowledged means on disk), or PostgreSQL."""
    url = DATABASE_URL or f"sqlite:///{DATA_DIR / 'factstorm.sqlite3'}"
    config: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}  # in memory, threads would lock each other out at once
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-20000;"
            ),
        }
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text(
    "REDIS_URL", "", "redis://host:6379/0 joins several web processes. Without it one process keeps its own memory."
)
if REDIS_URL:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# Counts of failed sign-ins: over all web processes where Redis joins them.
if REDIS_URL:
    CACHES: dict[str, Any] = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# The commit log (floor 1) and what is asked before a record is stored (implemented on floor 2).
COMMIT_LOG_URL = env.text(
    "COMMIT_LOG_URL", "", "file:///folder or memory: . Default: the folder log in the data folder."
) or (f"file://{DATA_DIR / 'log'}")
APPEND_CHECKS = env.text(
    "APPEND_CHECKS", "eventcatalog.validation.CatalogCheck", "Dotted path of the check that every append must pass."
)

# Limits. Units are the last part of each name.
RECORD_BYTES_MAX = env.number("RECORD_BYTES_MAX", 1_048_576, "Largest payload of one record.", minimum=1)
APPEND_BYTES_MAX = env.number("APPEND_BYTES_MAX", 16_777_216, "Largest body of one append request.", minimum=1)
APPEND_RECORDS_MAX = env.number("APPEND_RECORDS_MAX", 10_000, "Most records in one append request.", minimum=1)
IMPORT_BYTES_MAX = env.number("IMPORT_BYTES_MAX", 1_073_741_824, "Largest body of one import.", minimum=1)
READ_RECORDS_MAX = env.number("READ_RECORDS_MAX", 10_000, "Most records in one answer of a read.", minimum=1)
TAIL_CREDIT_MAX = env.number("TAIL_CREDIT_MAX", 100_000, "Most records a socket may have granted ahead.", minimum=1)
TAILS_PER_PROCESS_MAX = env.number("TAILS_PER_PROCESS_MAX", 5_000, "Most tail sockets one process serves.", minimum=1)
DEDUP_WINDOW_RECORDS = env.number("DEDUP_WINDOW_RECORDS", 100_000, "Ids remembered per stream against doubles.")
DEDUP_WINDOW_HOURS = env.number("DEDUP_WINDOW_HOURS", 24, "How long an id is remembered against doubles.", minimum=1)
STREAMS_PER_WORKSPACE_MAX = env.number("STREAMS_PER_WORKSPACE_MAX", 1_000, "Most streams of a workspace.", minimum=1)
GROUPS_PER_STREAM_MAX = env.number("GROUPS_PER_STREAM_MAX", 100, "Most consumer groups of a stream.", minimum=1)
STREAM_MAINTENANCE_SECONDS = env.number(
    "STREAM_MAINTENANCE_SECONDS", 60, "How often retention and compaction run inside the server. 0: by command only."
)
PARTITIONS_MAX = env.number("PARTITIONS_MAX", 64, "Most partitions of a stream.", minimum=1)
BOARD_ELEMENTS_MAX = env.number("BOARD_ELEMENTS_MAX", 20_000, "Most live elements on a board.", minimum=1)
BOARD_PEOPLE_MAX = env.number("BOARD_PEOPLE_MAX", 300, "Most sockets on one board of one process.", minimum=1)
BOARD_FONT = env.text("BOARD_FONT", "", "A TrueType font for boards as SVG and PDF; empty: DejaVu Sans.")
BOARDS_DELETED_KEPT_DAYS = env.number(
    "BOARDS_DELETED_KEPT_DAYS", 30, "For so many days a deleted board can be brought back.", minimum=0
)
BOARDS_PER_WORKSPACE_MAX = env.number("BOARDS_PER_WORKSPACE_MAX", 1_000, "Most boards of a workspace.", minimum=1)
TYPES_PER_WORKSPACE_MAX = env.number("TYPES_PER_WORKSPACE_MAX", 20_000, "Most types of a workspace.", minimum=1)
SCHEMA_BYTES_MAX = env.number("SCHEMA_BYTES_MAX", 1_048_576, "Largest JSON Schema document.", minimum=1)
WORKSPACES_PER_PERSON_MAX = env.number("WORKSPACES_PER_PERSON_MAX", 50, "Most workspaces a person may own.", minimum=1)
KEYS_PER_WORKSPACE_MAX = env.number("KEYS_PER_WORKSPACE_MAX", 200, "Most live API keys of a workspace.", minimum=1)
SIGN_IN_TRIES_PER_MINUTE = env.number(
    "SIGN_IN_TRIES_PER_MINUTE", 10, "Failed sign-ins per account and minute before a pause.", minimum=1
)
SIGN_UP_OPEN = env.flag(
    "SIGN_UP_OPEN", True, "Anybody who reaches the site may make an account. 0: by invitation only."
)

DATA_UPLOAD_MAX_MEMORY_SIZE = APPEND_BYTES_MAX
FILE_UPLOAD_MAX_MEMORY_SIZE = APPEND_BYTES_MAX

AUTH_USER_MODEL = "workspaces.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "workspaces:sign-in"
LOGIN_REDIRECT_URL = "workspaces:home"
SESSION_COOKIE_NAME = "factstorm_session"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "factstorm_csrf"
CSRF_FAILURE_VIEW = "workspaces.middleware.csrf_failure"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_MAX_AGE = 0  # browsers revalidate: a new release is seen at once, and an unchanged file costs a 304

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["workspaces.api_authentication.PrincipalAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],  # workspaces.access answers, per view and object
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "workspaces.api_errors.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Factstorm API",
    "DESCRIPTION": "Streams, records and the event catalog of a Factstorm workspace.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "broker_adapter.api_description.add_plain_views",
    ],
}

METRICS_TOKEN = env.text(
    "METRICS_TOKEN", "", "Prometheus reads /metrics with this bearer token. Empty: there is no such page."
)
LOG_LEVEL = env.text("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.").upper()
LOG_FORMAT = env.choice("LOG_FORMAT", "line", ("line", "json"), "line for people, json for log collectors.")
LOG_REQUESTS = env.flag("LOG_REQUESTS", False, "A log line for every request but static files.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "config.observation.WithRequestId"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}{request_id}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "channels_redis": {
            "level": "CRITICAL"
        },  # a traceback a second while Redis is away; workspaces.ear says it once
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
