"""Every WebSocket of the portal."""

from cameras.routing import websocket_urlpatterns as cameras_urlpatterns

websocket_urlpatterns = [*cameras_urlpatterns]
