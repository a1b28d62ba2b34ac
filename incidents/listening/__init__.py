"""What a jobs worker runs beside its tasks: a thread per ONVIF device, and one that leases them."""
