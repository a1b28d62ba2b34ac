"""WebSockets of the cameras."""

from django.urls import URLPattern, path

from cameras.consumers import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/live/", LiveConsumer.as_asgi(), name="live-socket"),
]
