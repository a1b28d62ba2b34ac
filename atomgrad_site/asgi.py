"""ASGI: HTTP by Django, WebSockets by Channels, same origin only."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atomgrad_site.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 -- needs Django set up
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402 -- needs Django set up
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402 -- see above

from atomgrad_site.routing import websocket_urlpatterns  # noqa: E402 -- needs Django set up

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
