"""WebSockets of analysis."""

from django.urls import URLPattern, path

from analytics.consumers import BoxConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/boxes/", BoxConsumer.as_asgi(), name="box-socket"),
]
