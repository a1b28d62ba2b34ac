"""The equipment of a playground."""

from __future__ import annotations

import math

from cameras.demo.scene.mesh import Mesh, Placement, circle

BLUE = "#3f78a6"
YELLOW = "#d0a24a"
POST = "#b98d3e"
SWING_HEIGHT_M = 2.5
CHAIN_M = 1.95


def swing_frame(x: float, y: float) -> list[Mesh]:
    """The frame of a double swing whose beam runs east."""
    sides = []
    for side in (-2.3, 2.3):
        mesh = Mesh()
        for across in (-0.95, 0.95):
            foot = (x + side, y + across, 0.0)
            mesh.bar(foot, (x + side * 0.94, y, SWING_HEIGHT_M), 0.05, BLUE)
        brace = x + side * 0.97
        mesh.bar((brace, y - 0.49, 1.2), (brace, y + 0.49, 1.2), 0.03, BLUE)
        sides.append(mesh)
    beam = Mesh()
    beam.bar((x - 2.3, y, SWING_HEIGHT_M), (x + 2.3, y, SWING_HEIGHT_M), 0.06, YELLOW)
    return [*sides, beam]


def swing_seat(x: float, y: float, angle: float) -> Mesh:
    """A seat on its chains, `angle` radians from hanging, positive towards north."""
    across, drop = CHAIN_M * math.sin(angle), CHAIN_M * math.cos(angle)
    seat = (y + across, SWING_HEIGHT_M - drop)
    mesh = Mesh()
    for side in (-0.22, 0.22):
        mesh.bar((x + side, y, SWING_HEIGHT_M), (x + side, seat[0], seat[1]), 0.012, "#9aa2a8")
    mesh.box(Placement(x, seat[0], 0.0, seat[1] - 0.03), (0.5, 0.22, 0.05), "#2f3438")
    return mesh


def tower_with_slide(x: float, y: float) -> list[Mesh]:
    """A roofed tower; its slide runs down to the west."""
    return [_tower(x, y), _slide(x, y), _ladder(x, y)]


def _tower(x: float, y: float) -> Mesh:
    mesh = Mesh()
    for along in (-0.75, 0.75):
        for across in (-0.75, 0.75):
            spot = (x + along, y + across)
            mesh.bar((*spot, 0), (*spot, 2.75), 0.06, POST)
    mesh.box(Placement(x, y, 0, 1.3), (1.6, 1.6, 0.1), "#8a6242")
    walls = (
        ((-0.75, 0.75), (0.75, 0.75)),
        ((0.75, -0.75), (0.75, 0.75)),
        ((-0.75, -0.75), (-0.2, -0.75)),
    )
    for (x0, y0), (x1, y1) in walls:
        corners = [
            (x + x0, y + y0, 1.42),
            (x + x1, y + y1, 1.42),
            (x + x1, y + y1, 2.0),
            (x + x0, y + y0, 2.0),
        ]
        mesh.face(corners, "#4b8577", (0, 1, 0) if y0 == y1 else (1, 0, 0))
    _roof(mesh, x, y)
    return mesh


def _roof(mesh: Mesh, x: float, y: float) -> None:
    reach = 0.98
    eaves = [
        (x - reach, y - reach, 2.7),
        (x + reach, y - reach, 2.7),
        (x + reach, y + reach, 2.7),
        (x - reach, y + reach, 2.7),
    ]
    normals = ((0, -0.7, 0.7), (0.7, 0, 0.7), (0, 0.7, 0.7), (-0.7, 0, 0.7))
    for index, normal in enumerate(normals):
        side = [eaves[index], eaves[(index + 1) % 4], (x, y, 3.55)]
        mesh.face(side, "#a8493c", normal)


def _slide(x: float, y: float) -> Mesh:
    mesh = Mesh()
    for side in (-0.32, 0.32):
        top, knee = (x - 0.75, y + side, 1.46), (x - 3.2, y + side - 0.1, 0.36)
        mesh.bar(top, knee, 0.045, "#c9b24e")
        mesh.bar(knee, (x - 3.9, y + side - 0.1, 0.32), 0.045, "#c9b24e")
    chute = ((x - 0.75, 1.38), (x - 3.2, 0.28), (x - 3.9, 0.25))
    for (x0, z0), (x1, z1), normal in zip(
        chute, chute[1:], ((-0.4, 0, 0.9), (0, 0, 1)), strict=False
    ):
        corners = [
            (x0, y - 0.32, z0),
            (x0, y + 0.28, z0),
            (x1, y + 0.22, z1),
            (x1, y - 0.4, z1),
        ]
        mesh.face(corners, "#c3ccd2", normal)
    return mesh


def _ladder(x: float, y: float) -> Mesh:
    mesh = Mesh()
    for side in (-0.3, 0.3):
        mesh.bar((x + side, y - 0.8, 1.35), (x + side, y - 1.6, 0), 0.035, POST)
    for rung in range(5):
        across, up = y - 1.55 + 0.18 * rung, 0.08 + rung * 0.3
        mesh.bar((x - 0.3, across, up), (x + 0.3, across, up), 0.025, POST)
    return mesh


def sand_box(x: float, y: float) -> Mesh:
    mesh = Mesh()
    for along, across, size in (
        (0.0, -1.2, (2.6, 0.2, 0.3)),
        (0.0, 1.2, (2.6, 0.2, 0.3)),
        (-1.2, 0.0, (0.2, 2.6, 0.3)),
        (1.2, 0.0, (0.2, 2.6, 0.3)),
    ):
        mesh.box(Placement(x + along, y + across), size, "#a97f4b", top="#bb9159")
    return mesh


def spring_rider(x: float, y: float, yaw: float, color: str) -> Mesh:
    mesh = Mesh()
    mesh.bar((x, y, 0), (x, y, 0.42), 0.07, "#3a3f44")
    mesh.box(Placement(x, y, yaw, 0.4), (0.85, 0.24, 0.32), color)
    head = Placement(x, y, yaw).point(0.3, 0, 0.7)
    mesh.box(Placement(head[0], head[1], yaw, 0.7), (0.26, 0.22, 0.26), color)
    return mesh


def carousel(x: float, y: float) -> Mesh:
    mesh = Mesh()
    ring = circle(x, y, 1.0)
    mesh.face([(px, py, 0.3) for px, py in ring], "#557a99", (0, 0, 1))
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        outward = ((ax + bx) / 2 - x, (ay + by) / 2 - y, 0)
        corners = [(ax, ay, 0.18), (bx, by, 0.18), (bx, by, 0.3), (ax, ay, 0.3)]
        mesh.face(corners, "#466a86", outward)
    mesh.bar((x, y, 0.3), (x, y, 1.0), 0.05, "#c9b24e")
    for turn in (0, math.pi / 2, math.pi, 3 * math.pi / 2):
        rim = (x + math.cos(turn) * 0.8, y + math.sin(turn) * 0.8)
        mesh.bar((*rim, 0.3), (*rim, 0.85), 0.03, "#c9b24e")
        mesh.bar((x, y, 0.85), (*rim, 0.85), 0.025, "#c9b24e")
    return mesh
