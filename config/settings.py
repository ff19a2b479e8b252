"""Crewline's settings, one file from top to bottom. Everything that differs between places comes from the
environment through ``config.env``; importing this module starts nothing and asks no server."""

from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy

from config import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
CREWLINE_HOME = embedded.data_home()

# --- Safety -----------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or embedded.secret_key(CREWLINE_HOME)
# Keys from before the present one: what they signed or sealed still opens.
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
# What seals secrets at rest, newest first. Without a key of their own they are sealed under one made from SECRET_KEY.
SEALING_KEYS = env.sealing_keys(
    "SEALING_KEYS", embedded.sealing_keys(CREWLINE_HOME, make=not (env.text("SECRET_KEY") or env.text("SEALING_KEYS")))
)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
# Behind TLS set HTTPS=1: cookies become secure, plain HTTP is redirected and the browser remembers it.
HTTPS = env.flag("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# One body limit for every door except uploads, which are streamed to disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FILES = 200

# --- Apps -------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ConfigConfig",
    "workforce",
    "labeling",
    "quality",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.apps.CrewlineAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "knox",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.RelaxAdminPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.CommonWithSlash",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "workforce.pages.second_factor_gate.RefuseWithoutSecondFactor",
    "workforce.pages.chosen.NarrowToChosen",
    "workforce.pages.refusals.TranslateRefusals",
    "workforce.api.rate_limits.RateHeaders",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
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
                "workforce.pages.frame.frame",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------------
# Two roles: DATABASE_URL is the application's (it cannot change a table or an audit row), DATABASE_OWNER_URL the
# owner's (migrations). Web, workers and relay are started without the second.
DATABASE_URL = env.text("DATABASE_URL") or embedded.database_url(CREWLINE_HOME)
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL")


def _database(url: str, *, timeouts: bool) -> dict[str, Any]:
    settings: dict[str, Any] = {**dj_database_url.parse(url)}
    settings["OPTIONS"] = {**settings.get("OPTIONS", {})}
    if timeouts:
        settings["OPTIONS"]["options"] = (
            "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000"
        )
        size = env.whole_number("DATABASE_POOL_SIZE", 20, least=1, most=200)
        settings["OPTIONS"]["pool"] = {"min_size": 1, "max_size": size, "timeout": 10}
    return settings


DATABASES: dict[str, Any] = {"default": _database(DATABASE_URL, timeouts=True)}
if DATABASE_OWNER_URL:
    DATABASES["owner"] = _database(DATABASE_OWNER_URL, timeouts=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker, cache, channel layer -------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL") or embedded.redis_url(CREWLINE_HOME)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        # The pub/sub layer is not hit by the client's five-second socket time-out and is the faster one.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "crewline"},
    },
}
CELERY_BROKER_URL = embedded.celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "live"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    # The claim itself treats an expired lease as free; the sweep only keeps counts and pages tidy.
    "sweep expired leases": {"task": "labeling.tasks.sweep_expired_leases", "schedule": 30.0},
    "act by quality rules": {"task": "quality.tasks.act_by_rules", "schedule": 60.0},
    "move supervision": {"task": "quality.tasks.move_supervision", "schedule": 60.0},
    "look at candidates": {"task": "quality.tasks.look_at_candidates", "schedule": 60.0},
    "finish checks": {"task": "quality.tasks.finish_checks", "schedule": 300.0},
    "compute skills": {"task": "quality.tasks.compute_skills", "schedule": 3600.0},
    "ask for notice letters": {"task": "workforce.tasks.ask_for_notice_letters", "schedule": 60.0},
    "forget old records": {"task": "workforce.tasks.forget_old_records", "schedule": 3600.0},
}

# --- People -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "workforce.Person"
AUTHENTICATION_BACKENDS = ["workforce.sign_in_backend.PersonBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
LOGOUT_REDIRECT_URL = reverse_lazy("login")
# A link to choose a new password works for an hour, and once.
PASSWORD_RESET_TIMEOUT = 3600
# Guardian lends its tables; its own checks are called nowhere, and no anonymous person is made.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
# Its backend is left out on purpose: only workforce.access decides.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

# --- API --------------------------------------------------------------------------------------------------------
KNOX_TOKEN_MODEL = "workforce.Token"  # noqa: S105  (the name of a table)
REST_KNOX = {"TOKEN_MODEL": "workforce.Token", "TOKEN_PREFIX": "crew_"}
# Of each token.
API_REQUESTS_PER_MINUTE = env.whole_number("API_REQUESTS_PER_MINUTE", 600, least=1, most=1_000_000)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "workforce.api.authentication.TokenOfOrganization",
        "workforce.api.authentication.SessionOfPerson",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["workforce.api.permissions.SignedInWithinScope"],
    "DEFAULT_THROTTLE_CLASSES": ["workforce.api.rate_limits.RateOfToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["workforce.api.parsers.GatedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "workforce.api.description.DescribedEndpoint",
    "DEFAULT_PAGINATION_CLASS": None,
    # OPTIONS would describe an endpoint to whoever may read anything; the schema does that.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "workforce.api.errors.answer_with_code",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Crewline",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": None,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "SlotKind": "labeling.models.Slot.Kind",
        "SlotState": "labeling.models.Slot.State",
        "RowState": "labeling.models.ProjectRow.State",
        "ProjectState": "labeling.models.Project.State",
        "CandidacyState": "quality.models.Candidacy.State",
        "IssueState": "quality.models.Issue.State",
        "IssueSeverity": "quality.models.Issue.Severity",
        "IssueEventKind": "quality.models.IssueEvent.Kind",
        "ProposalKind": "quality.models.Proposal.Kind",
        "VoteChoice": "quality.proposals.CHOICES",
        "VoteEnd": "quality.proposals.ENDS",
        "ProposalState": "quality.models.Proposal.State",
        "CalledKind": "quality.issue_mentions.KINDS",
        "AppealState": "quality.models.Appeal.State",
        "ImportKind": "labeling.import_sources.SOURCES",
        "OrganizationRole": "workforce.models.Membership.Role",
        "ProjectRole": "workforce.roles.PROJECT_ROLE_CHOICES",
        "GoldDecisionKind": "quality.models.GoldDecision.Decision",
        "ReviewDecision": "quality.models.Review.Decision",
    },
}

# --- Pages ------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

UNFOLD = {
    "SITE_TITLE": "Crewline",
    "SITE_HEADER": "Crewline",
    "SITE_URL": reverse_lazy("home"),
    "SITE_ICON": lambda request: static("shared/favicon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("shared/favicon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": None,
    "STYLES": [lambda request: static("crewline.css"), lambda request: static("workforce/admin.css")],
    "COLORS": {
        "base": {
            "50": "#F5F6F8",
            "100": "#ECEFF3",
            "200": "#DCE0E6",
            "300": "#B4BECB",
            "400": "#929EAF",
            "500": "#5C6778",
            "600": "#465162",
            "700": "#364152",
            "800": "#2A3441",
            "900": "#171D26",
            "950": "#10151C",
        },
        "primary": {
            "50": "#F3F6FE",
            "100": "#E7EDFC",
            "200": "#CEDAF9",
            "300": "#A9BFF5",
            "400": "#7EA2FF",
            "500": "#6A90F5",
            "600": "#2A55C9",
            "700": "#2349B4",
            "800": "#1E3E97",
            "900": "#1C3374",
            "950": "#142348",
        },
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "#19212C",
            "important-dark": "#E7EBF1",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": []},
}

# --- Letters ----------------------------------------------------------------------------------------------------
# Links in letters start with this and never with a request's host.
SITE_URL = env.text("SITE_URL", f"http://127.0.0.1:{env.whole_number('PORT', 8000, least=1, most=65535)}").rstrip("/")
_mail = env.mail_server("EMAIL_URL")
EMAIL_BACKEND = _mail.get("backend", "config.mail.PrivateFiles")
EMAIL_FILE_PATH = CREWLINE_HOME / "mail"
EMAIL_HOST, EMAIL_PORT = _mail.get("host", ""), _mail.get("port", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("user", ""), _mail.get("password", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("starttls", False), _mail.get("ssl", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "Crewline <crewline@localhost>")

# --- Files ------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = CREWLINE_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_storage.ModuleAwareStorage"},
}
# Uploaded assets; nothing below it has an address, an authorising view hands them out.
MEDIA_ROOT = CREWLINE_HOME / "assets"
# The one folder from which an operator allows imports by path; empty means none.
IMPORT_ROOT = env.text("IMPORT_ROOT")
# Storages of customers: whom they may reach, and who this site is at each vendor.
STORAGE = env.storage()

DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_pages.WithoutStorageSecrets"

# --- Logging ----------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_links": {"()": "config.log_filters.HideInvitationLinks"}},
    "formatters": {
        "line": {
            "()": "config.log_filters.WithoutSignatures",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
    "loggers": {
        "crewline": {"level": "INFO"},
        # These write the address of a refused request.
        **{name: {"filters": ["no_links"]} for name in ("django.request", "django.security.csrf", "django.server")},
        # At lower levels the vendors' libraries write whole requests and answers, with keys and tokens.
        **{name: {"level": "ERROR"} for name in ("boto3", "botocore", "urllib3", "google", "azure", "msal")},
    },
}
