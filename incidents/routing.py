"""WebSockets of the alarms."""

from django.urls import URLPattern, path

from incidents.consumers.alarms import AlarmConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/alarms/", AlarmConsumer.as_asgi(), name="alarm-socket"),
]
