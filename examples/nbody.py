# SPDX-License-Identifier: Apache-2.0
"""The outer planets' orbits, integrated step by step; prints the energy at the start and the end."""

import math
import sys

BODIES = [
    # x, y, z, vx, vy, vz, mass (astronomical units, days, solar masses)
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    [4.84143144, -1.16032004, -0.10362204, 0.00166007, 0.00769901, -0.00006904, 0.00095479],
    [8.34336671, 4.12479856, -0.40352341, -0.00276742, 0.00499852, 0.00002304, 0.00028588],
    [12.89436956, -15.11115140, -0.22330757, 0.00296460, 0.00237847, -0.00002965, 0.00004366],
    [15.37969711, -25.91931460, 0.17925877, 0.00268067, 0.00162824, -0.00009515, 0.00005151],
]
GRAVITY = 0.0002959122


def advance(bodies, dt, steps):
    for _ in range(steps):
        for i in range(len(bodies)):
            a = bodies[i]
            for j in range(i + 1, len(bodies)):
                b = bodies[j]
                dx = a[0] - b[0]
                dy = a[1] - b[1]
                dz = a[2] - b[2]
                squared = dx * dx + dy * dy + dz * dz
                pull = GRAVITY * dt / (squared * math.sqrt(squared))
                a[3] -= dx * b[6] * pull
                a[4] -= dy * b[6] * pull
                a[5] -= dz * b[6] * pull
                b[3] += dx * a[6] * pull
                b[4] += dy * a[6] * pull
                b[5] += dz * a[6] * pull
        for body in bodies:
            body[0] += dt * body[3]
            body[1] += dt * body[4]
            body[2] += dt * body[5]


def energy(bodies):
    total = 0.0
    for i, a in enumerate(bodies):
        total += 0.5 * a[6] * (a[3] * a[3] + a[4] * a[4] + a[5] * a[5])
        for b in bodies[i + 1 :]:
            total -= GRAVITY * a[6] * b[6] / math.dist(a[:3], b[:3])
    return total


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    print(f"energy before {energy(BODIES):.15e}")
    advance(BODIES, 5.0, steps)
    print(f"energy after  {energy(BODIES):.15e}")


main()
