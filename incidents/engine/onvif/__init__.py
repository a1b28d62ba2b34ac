"""A client of ONVIF events: SOAP 1.2, WS-Security, WS-BaseNotification with pull points."""
