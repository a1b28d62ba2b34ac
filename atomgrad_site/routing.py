"""Every WebSocket of the portal."""

from analytics.routing import websocket_urlpatterns as analytics_urlpatterns
from cameras.routing import websocket_urlpatterns as cameras_urlpatterns
from incidents.routing import websocket_urlpatterns as incidents_urlpatterns

websocket_urlpatterns = [*cameras_urlpatterns, *analytics_urlpatterns, *incidents_urlpatterns]
