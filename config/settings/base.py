"""Settings of every deployment, read from the environment; `dev` and `test` change a few."""

from urllib.parse import urlsplit

from config.admin_menu import UNFOLD  # noqa: F401
from config.logging import logging_config
from config.settings.env import (
    BASE_DIR,
    MAKE_KEY,
    MODE,
    address,
    choice,
    database,
    env,
    host_ports,
    keys,
    networks,
    number,
    origin,
    phone_number,
    required,
    sender,
    server,
)

DEBUG = MODE.debug
DEMO = MODE.demo

PORT = number("PORT", 8000, minimum=1, maximum=65_534)
SECRET_KEY = required(
    "SECRET_KEY",
    demo="only-for-demo-and-development-never-for-real-callers",
    hint="It signs sessions and links; use 50 random characters.",
)
CREDENTIALS_KEYS = keys(
    "CREDENTIALS_KEYS",
    required(
        "CREDENTIALS_KEYS",
        demo="b25seS1mb3ItZGVtby1uZXZlci1mb3ItY2FsbGVycyE=",
        hint=f"The first one encrypts stored credentials, all of them decrypt. {MAKE_KEY}",
    ),
)
PUBLIC_URL = origin(
    "PUBLIC_URL",
    required(
        "PUBLIC_URL",
        demo=f"http://127.0.0.1:{PORT}",
        hint="Twilio signs its requests with this origin and calls it back.",
    ),
)
_PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_PUBLIC_HOST, "127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

# --- what the outside is and where it is reached ---------------------------------------------
OPENAI_API_KEY = required("OPENAI_API_KEY", demo="demo", hint="Assistants speak through it.")
OPENAI_BASE_URL = address("OPENAI_BASE_URL", default="https://api.openai.com/v1")
OPENAI_REALTIME_MODEL = env.str("OPENAI_REALTIME_MODEL", default="gpt-realtime-2.1")
OPENAI_CHAT_MODEL = env.str("OPENAI_CHAT_MODEL", default="gpt-5-mini")
OPENAI_EMBEDDING_MODEL = env.str("OPENAI_EMBEDDING_MODEL", default="")
TWILIO_ACCOUNT_SID = required(
    "TWILIO_ACCOUNT_SID",
    demo="AC" + "0" * 32,
    hint="It is on the first page of the Twilio console.",
)
TWILIO_AUTH_TOKEN = required(
    "TWILIO_AUTH_TOKEN",
    demo="demo-auth-token",
    hint="It is on the first page of the Twilio console, and proves who rings.",
)
TWILIO_PHONE_NUMBER = phone_number("TWILIO_PHONE_NUMBER")
TWILIO_API_BASE_URL = address("TWILIO_API_BASE_URL", default="")
AWS_ENDPOINT_URL = address("AWS_ENDPOINT_URL", default="")
# Organizations whose Lambda tools may use this machine's own AWS keys: ID, or ID:profile.
AWS_HOST_CREDENTIALS_FOR = frozenset(env.list("AWS_HOST_CREDENTIALS_FOR", default=[]))
OUTBOUND_ALLOW = host_ports("OUTBOUND_ALLOW")

# Mail; without a server it is kept for the outbox page.
EMAIL_HOST = env.str("SMTP_SERVER", default="")
EMAIL_PORT = number("SMTP_PORT", 587, minimum=1, maximum=65_535)
SMTP_SECURITY = choice("SMTP_SECURITY", default="starttls", choices=("starttls", "tls", "none"))
EMAIL_USE_TLS, EMAIL_USE_SSL = SMTP_SECURITY == "starttls", SMTP_SECURITY == "tls"
EMAIL_HOST_USER = env.str("EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", default="")
DEFAULT_FROM_EMAIL = sender("FROM_EMAIL", default=f"VoiceAssist <voiceassist@{_PUBLIC_HOST}>")

# With DEMO on, the stand-ins take the place of whatever has no address and no key of its own.
STAND_INS_PORT = number("STAND_INS_PORT", PORT + 1, minimum=1, maximum=65_535)
STAND_INS_URL = f"http://127.0.0.1:{STAND_INS_PORT}" if DEMO else ""
if DEMO:
    if not env.str("OPENAI_API_KEY", default="") and not env.str("OPENAI_BASE_URL", default=""):
        OPENAI_BASE_URL = f"{STAND_INS_URL}/v1"
    if not env.str("TWILIO_ACCOUNT_SID", default="") and not TWILIO_API_BASE_URL:
        TWILIO_API_BASE_URL = STAND_INS_URL
    AWS_ENDPOINT_URL = AWS_ENDPOINT_URL or STAND_INS_URL
    OUTBOUND_ALLOW = [*OUTBOUND_ALLOW, f"127.0.0.1:{STAND_INS_PORT}"]

DRAIN_TIMEOUT_SECONDS = number("DRAIN_TIMEOUT_SECONDS", 600, minimum=0, maximum=14_400)
LOGS_KEPT_DAYS = number("LOGS_KEPT_DAYS", 90, minimum=0, maximum=36_500)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
METRICS_ALLOW = networks("METRICS_ALLOW", default=["127.0.0.1", "::1"] if DEMO else [])

LOGGING = logging_config(readable=DEBUG or DEMO)

# --- Django -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
    "phonenumber_field",
    "django_prometheus",
    "voiceassist.foundation",
    "voiceassist.organizations",
    "voiceassist.assistants",
    "tools_library",
    "voiceassist.knowledge",
    "calls",
    "voiceassist.conversations",
    "voiceassist.dashboard",
    "voiceassist.demo",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.admin_policy.AdminPolicyMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "voiceassist.organizations.middleware.CurrentOrganizationMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False  # routes answer with and without a slash, so that no POST is redirected
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
                "voiceassist.dashboard.context.shell",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True

# --- data -------------------------------------------------------------------------------------
VAR_DIR = BASE_DIR / "var"
REDIS_URL = server("REDIS_URL", default="", kinds=("redis", "rediss"))
CELERY_BROKER_URL = server(
    "CELERY_BROKER_URL", default=REDIS_URL, kinds=("redis", "rediss", "amqp", "amqps")
)
DATABASES = {
    "default": database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'voiceassist.sqlite3'}")
}
_DATABASE = DATABASES["default"]
if _DATABASE["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(exist_ok=True)
    # Without these, concurrent writers lose writes to "database is locked" within seconds.
    _DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=20000;"
            "PRAGMA cache_size=-64000;PRAGMA mmap_size=134217728;"
        ),
    }
else:
    _DATABASE.setdefault("CONN_HEALTH_CHECKS", True)
    # Work in threads gives its connection back often: without a pool, connecting anew costs more
    # than the queries. PostgreSQL's usual 100 connections are shared by all processes.
    _POOL_MAX = number("DATABASE_POOL_MAX", 15, minimum=0, maximum=500)
    if _POOL_MAX:
        from voiceassist.foundation.pooled import PooledConnection

        _DATABASE.setdefault("OPTIONS", {})["pool"] = {
            "min_size": 1,
            "max_size": _POOL_MAX,
            "timeout": 10,
            "connection_class": PooledConnection,
        }
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Where work in the background runs: Celery workers where a broker is named, else this process.
JOBS_RUNNER = "celery" if CELERY_BROKER_URL else "in_process"
JOBS_THREADS = number("JOBS_THREADS", 128, minimum=1, maximum=1024)

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "organizations.User"
AUTHENTICATION_BACKENDS = [
    "voiceassist.organizations.roles.RoleBackend",  # first: its no is final
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/calls"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "voiceassist.organizations.accounts.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,5/900s/key"}  # five tries, then 15 minutes

# --- security ---------------------------------------------------------------------------------
_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_SSL_REDIRECT = False  # the proxy that ends TLS redirects; Twilio must never be redirected
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # asks for the redirect that is left to the proxy
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _SECURE
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# --- static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- REST -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "voiceassist.organizations.authentication.ApiKeyAuthentication",
        "voiceassist.organizations.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["voiceassist.organizations.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["voiceassist.foundation.api.parsing.StorableJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "voiceassist.foundation.api.paging.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "voiceassist.foundation.api.problems.exception_handler",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "VoiceAssist",
    "DESCRIPTION": "Voice assistants that call tools: manage them, start calls, read every run.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "ApprovalStatusEnum": "tools_library.approvals.choices.ApprovalStatus",
        "ExecutionStatusEnum": "tools_library.choices.ExecutionStatus",
        "TriggerContextEnum": "tools_library.choices.TriggerContext",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "voiceassist.conversations.api.openapi.add_conversations",
    ],
}
