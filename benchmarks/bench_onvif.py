"""Listening to many ONVIF devices in one process: memory, CPU and the time from event to us.

    make bench-onvif ARGS="100"

One device of tests/incidents/onvif_device.py stands for all, in a process of its own; each client
is a thread with a subscription of its own, as in a jobs worker.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from incidents.engine.onvif.device import Device
from incidents.engine.onvif.soap import Door, OnvifError, parse_address
from tests.incidents.onvif_device import (
    PASSWORD,
    USERNAME,
    event,
    onvif_device,
)

EVENTS, PAUSE_S, IDLE_S = 20, 0.5, 30.0


def serve(pipe: Connection) -> None:
    """The device: tells its address, then sends an event whenever it is asked to."""
    with onvif_device(most_subscriptions=10_000, term_s=600) as device:
        pipe.send(device.url)
        while (moment := pipe.recv()) is not None:
            device.send(event("tns1:Bench/Event", data={"SentAt": repr(moment)}))


def listen(url: str, latencies: list[float], is_over: threading.Event) -> None:
    asking = Device(parse_address(url), Door(USERNAME, PASSWORD, timeout_s=60))
    subscription = asking.subscribe()
    while not is_over.is_set():
        try:
            for found in asking.pull(subscription).notifications:
                latencies.append(time.time() - float(found.data["SentAt"]))
        except OnvifError as error:
            print(f"# {error}")
            return


def memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def wait(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


def main(count: int) -> None:
    ours, theirs = multiprocessing.Pipe()
    device = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    device.start()
    url = ours.recv()
    latencies: list[float] = []
    is_over = threading.Event()
    before = memory()
    for _ in range(count):
        threading.Thread(target=listen, args=(url, latencies, is_over), daemon=True).start()
    time.sleep(10)
    began = cpu()
    time.sleep(IDLE_S)
    idle = (cpu() - began) / IDLE_S
    for _ in range(EVENTS):
        ours.send(time.time())
        time.sleep(PAUSE_S)
    wait(lambda: len(latencies) >= count * EVENTS, 20)
    is_over.set()
    latencies.sort()
    print(f"onvif.devices {count} devices")
    print(f"onvif.memory {(memory() - before) / count / 1000:.0f} kB/device")
    print(f"onvif.idle_cpu {idle * 100 / count:.3f} %/device")
    print(f"onvif.lost {count * EVENTS - len(latencies)} events")
    print(f"onvif.latency_p50 {latencies[len(latencies) // 2] * 1000:.0f} ms")
    print(f"onvif.latency_p95 {latencies[len(latencies) * 95 // 100] * 1000:.0f} ms")
    sys.stdout.flush()
    device.kill()
    os._exit(0)  # the clients still wait


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
