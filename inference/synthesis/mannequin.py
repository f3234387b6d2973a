"""A dressed body around the joints of a moving skeleton."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.surface import (
    Array,
    Patches,
    across,
    bone,
    ellipsoid,
    patches,
    rounded,
    tube,
    unit,
)

Colour = tuple[float, float, float]

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = 0, 1, 2, 3, 4
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP = 5, 6, 11, 12
SIDES = ((5, 7, 9, 11, 13, 15, 1.0), (6, 8, 10, 12, 14, 16, -1.0))

# Half-widths in metres of a person with thigh and shank of 0.85 m together.
# Torso: height (0 hips, 1 shoulders), to the side, to the front, shift to the front.
TORSO = np.array(
    [
        [1.17, 0.050, 0.052, 0.000], [1.10, 0.062, 0.062, -0.008], [1.06, 0.096, 0.074, -0.012],
        [1.00, 0.148, 0.090, -0.010], [0.92, 0.166, 0.106, -0.004], [0.78, 0.168, 0.118, 0.004],
        [0.62, 0.160, 0.118, 0.008], [0.45, 0.148, 0.110, 0.006], [0.30, 0.148, 0.108, 0.002],
        [0.16, 0.160, 0.116, -0.002], [0.04, 0.172, 0.124, -0.006], [0.00, 0.176, 0.126, -0.008],
        [-0.10, 0.166, 0.120, -0.010], [-0.20, 0.120, 0.096, -0.008], [-0.25, 0.060, 0.060, -0.005],
    ]
)  # fmt: skip
# Limbs: along the bone, to the side, to the front, shift to the front.
UPPER_ARM = np.array(
    [[0.00, 0.047, 0.050, 0], [0.35, 0.045, 0.048, 0.003], [0.7, 0.039, 0.042, 0.002],
     [1.0, 0.036, 0.036, 0]]
)  # fmt: skip
SLEEVE = np.array(
    [[-0.02, 0.060, 0.064, 0], [0.2, 0.060, 0.064, 0], [0.52, 0.057, 0.060, 0.002]]
)
FOREARM = np.array(
    [[0.00, 0.036, 0.036, 0], [0.25, 0.041, 0.038, 0], [0.65, 0.033, 0.031, 0],
     [1.0, 0.028, 0.024, 0]]
)  # fmt: skip
THIGH = np.array(
    [[0.00, 0.086, 0.092, -0.004], [0.35, 0.080, 0.088, 0.002], [0.75, 0.065, 0.070, 0.003],
     [1.0, 0.057, 0.059, 0.002]]
)  # fmt: skip
SHANK = np.array(
    [[0.00, 0.056, 0.057, 0.002], [0.12, 0.052, 0.055, 0], [0.32, 0.055, 0.061, -0.012],
     [0.65, 0.042, 0.046, -0.008], [0.9, 0.034, 0.040, -0.002], [1.0, 0.036, 0.042, 0]]
)  # fmt: skip
TROUSER_LEG = np.array(
    [[0.00, 0.064, 0.066, 0], [0.3, 0.064, 0.068, -0.008], [0.7, 0.056, 0.060, -0.006],
     [0.96, 0.054, 0.060, -0.003]]
)  # fmt: skip
# Shoe: along the foot in metres from the ankle, half-width, height of the upper side.
SHOE = np.array(
    [[-0.075, 0.022, 0.050], [-0.060, 0.036, 0.082], [-0.01, 0.040, 0.092], [0.045, 0.042, 0.074],
     [0.105, 0.047, 0.052], [0.155, 0.040, 0.040], [0.182, 0.020, 0.026]]
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What a person wears. Colours are red, green, blue 0..1; `girth` widens the body."""

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    long_hair: bool = False
    shorts: bool = False
    long_sleeves: bool = False
    girth: float = 1.0


class Mannequin:
    """Turns COCO-17 joints in metres into a shaded surface.

    The skeleton has no spine, hands or feet: their directions follow from hips, shoulders,
    forearms and shins, and a foot near the floor lies on it.
    """

    def __init__(self, look: Look) -> None:
        self.look = look

    def surface(self, joints: NDArray[np.floating]) -> Patches:
        """(17, 3) metres, floor at z = 0 -> the whole body."""
        body = np.asarray(joints, float)
        scale = _scale(body)
        left_hips = unit(body[LEFT_HIP] - body[RIGHT_HIP])
        parts = [*self._torso(body, scale), *self._head(body, scale)]
        for shoulder, elbow, wrist, hip, knee, ankle, sign in SIDES:
            parts += self._arm(body[[shoulder, elbow, wrist]], sign, left_hips, scale)
            parts += self._leg(body[[hip, knee, ankle]], sign, left_hips, scale)
        return Patches(
            np.concatenate([p.corners for p in parts]), np.concatenate([p.colours for p in parts])
        )

    def _torso(self, body: Array, scale: float) -> list[Patches]:
        look = self.look
        hips = (body[LEFT_HIP] + body[RIGHT_HIP]) / 2
        shoulders = (body[LEFT_SHOULDER] + body[RIGHT_SHOULDER]) / 2
        up = unit(shoulders - hips)
        left_hips = across(body[LEFT_HIP] - body[RIGHT_HIP], up)
        left_shoulders = across(body[LEFT_SHOULDER] - body[RIGHT_SHOULDER], up)
        height = TORSO[:, :1]
        twist = np.clip(height, 0, 1)
        left = unit(left_hips * (1 - twist) + left_shoulders * twist)
        front = np.cross(left, up)
        half = TORSO[:, 1:3] * scale * np.array([1, look.girth])
        half[2:] *= 1 + (look.girth - 1) * 0.8
        half[0:2] /= np.array([1, look.girth])
        bow = 0.02 * np.sin(np.pi * np.clip(height, 0, 1))
        centres = hips + height * (shoulders - hips) + front * (TORSO[:, 3:] * scale + bow)
        rings = tube(centres, left, front, half, 24)
        shirt, trousers, skin = (np.asarray(c) for c in (look.shirt, look.trousers, look.skin))
        middle = (TORSO[:-1, 0] + TORSO[1:, 0]) / 2
        bands = np.where(
            (middle > 1.07)[:, None], skin, np.where((middle > 0.02)[:, None], shirt, trousers)
        )
        bands[middle.searchsorted(0)] = bands[middle.searchsorted(0)]
        return [patches(rings, bands)]

    def _arm(self, joints: Array, sign: float, left: Array, scale: float) -> list[Patches]:
        look = self.look
        shoulder, elbow, wrist = joints
        skin, shirt = np.asarray(look.skin), np.asarray(look.shirt)
        width = np.array([1, scale, scale, scale]) * np.array([1, *[look.girth**0.5] * 3])
        upper = float(np.linalg.norm(elbow - shoulder))
        lower = float(np.linalg.norm(wrist - elbow))
        side = np.cross(unit(elbow - shoulder), [1.0, 0.0, 0.0]) + 1e-3 * left
        parts = [
            bone(shoulder, elbow, side, rounded(UPPER_ARM * width, upper, (False, True)), skin),
            bone(elbow, wrist, side, rounded(FOREARM * width, lower), skin),
        ]
        sleeve = SLEEVE * width
        if look.long_sleeves:
            sleeve = np.concatenate([sleeve, [[1.0, *(np.array([0.048, 0.048, 0]) * scale)]]])
            cuff = FOREARM * width
            cuff[:, 1:3] += 0.009
            cuff[-1, 0] = 0.93
            parts.append(bone(elbow, wrist, side, rounded(cuff, lower, (True, False)), shirt))
        parts.append(bone(shoulder, elbow, side, rounded(sleeve, upper, (True, False)), shirt))
        along = unit(wrist - elbow)
        thumb = across(sign * left * -1 + np.array([0.6, 0, 0.3]), along)
        palm = np.array(
            [[0.0, 0.026, 0.020, 0], [0.35, 0.038, 0.019, 0], [0.62, 0.040, 0.017, 0],
             [0.85, 0.034, 0.013, 0], [1.0, 0.016, 0.008, 0]]
        )  # fmt: skip
        palm[:, 1:3] *= scale
        tip = wrist + along * 0.165 * scale
        parts.append(bone(wrist, tip, thumb, palm, skin, 8))
        root = wrist + along * 0.03 * scale + thumb * 0.028 * scale
        finger = np.array([[0, 0.012, 0.012, 0], [1, 0.009, 0.009, 0]])
        end = root + unit(along + 0.55 * thumb) * 0.062 * scale
        parts.append(bone(root, end, thumb, rounded(finger, 0.062 * scale), skin, 6))
        return parts

    def _leg(self, joints: Array, sign: float, left: Array, scale: float) -> list[Patches]:
        look = self.look
        hip, knee, ankle = joints
        skin, cloth = np.asarray(look.skin), np.asarray(look.trousers)
        width = np.array([1, scale, scale, scale]) * np.array([1, *[look.girth**0.7] * 3])
        upper, lower = float(np.linalg.norm(knee - hip)), float(np.linalg.norm(ankle - knee))
        # The shin turns with the thigh only: take the hips' left for both.
        thigh = THIGH * width
        thigh[:, 1:3] *= 1.06
        parts = []
        if look.shorts:
            bare = THIGH[2:] * width
            bare[0, 0] = 0.55
            parts.append(bone(hip, knee, left, rounded(bare, upper, (False, True)), skin))
            thigh[3] = thigh[2] * np.array([0.8 / 0.75, 1.06, 1.06, 1])
            parts.append(bone(hip, knee, left, rounded(thigh, upper, (True, False)), cloth))
            parts.append(bone(knee, ankle, left, rounded(SHANK * width, lower), skin))
        else:
            parts.append(bone(hip, knee, left, rounded(thigh, upper), cloth))
            leg = TROUSER_LEG * width
            parts.append(bone(knee, ankle, left, rounded(leg, lower, (True, False)), cloth))
            sock = SHANK[-2:] * width
            parts.append(bone(knee, ankle, left, sock, np.asarray([0.9, 0.9, 0.88]), 8))
        parts += self._shoe(knee, ankle, left, sign, scale)
        return parts

    def _shoe(
        self, knee: Array, ankle: Array, left: Array, sign: float, scale: float
    ) -> list[Patches]:
        shin = unit(ankle - knee)
        toes = np.cross(shin, across(left, shin))
        out = sign * across(left, toes)
        toes = unit(toes + 0.14 * out)
        length = SHOE[-1, 0] * scale
        sole = 0.085 * scale  # from the ankle joint down to the floor
        # Lay the foot on the floor where it would sink below it.
        drop = max(ankle[2] - sole, 0.0)
        if toes[2] * length < -drop or drop < 0.02:
            flat = unit(toes * np.array([1, 1, 0]) + 1e-6)
            fall = np.clip(drop / length, 0.0, 0.97)
            toes = flat * np.sqrt(1 - fall**2) - np.array([0, 0, fall])
        sideways = unit(np.cross([0.0, 0.0, 1.0], toes) + 1e-6 * left)
        up = np.cross(toes, sideways)
        heel = SHOE[:, :1] * scale
        tall = SHOE[:, 2:] * scale
        centres = ankle + heel * toes + (tall / 2 - sole) * up
        half = np.stack([SHOE[:, 1] * scale, tall[:, 0] / 2], axis=1)
        rings = tube(centres, sideways, -up, half * 1.05, 14)
        # A box-like lower side: push the points of the lower half down to the sole.
        below = np.einsum("rsd,d->rs", rings - centres[:, None], up) < -1e-6
        depth = np.einsum("rsd,d->rs", rings - ankle, up) + sole
        rings = rings - np.where(below, np.maximum(depth, 0) * 0.75, 0)[..., None] * up
        colour = np.asarray(self.look.shoes)
        colours = np.broadcast_to(colour, (len(SHOE) - 1, 14, 3)).copy()
        colours[:, 3:4] = colours[:, 3:4]
        white = below & np.roll(below, -1, axis=1)
        colours[white[:-1]] = [0.86, 0.86, 0.84]
        return [patches(rings, colours)]

    def _head(self, body: Array, scale: float) -> list[Patches]:
        look = self.look
        skin, hair = np.asarray(look.skin), np.asarray(look.hair)
        neck = (body[LEFT_SHOULDER] + body[RIGHT_SHOULDER]) / 2
        left = unit(body[LEFT_EAR] - body[RIGHT_EAR])
        ears = (body[LEFT_EAR] + body[RIGHT_EAR]) / 2
        face = (body[NOSE] + body[LEFT_EYE] + body[RIGHT_EYE]) / 3
        front = across(face - ears, left)
        up = np.cross(front, left)
        axes = np.stack([left, front, up])
        size = scale * 0.97
        centre = body[NOSE] - front * 0.105 * size + up * 0.030 * size
        rings, sphere = ellipsoid(centre, axes, (0.078 * size, 0.1 * size, 0.122 * size), 15, 20)
        x, y, z = sphere[..., 0], sphere[..., 1], sphere[..., 2]
        # The jaw: narrower and forward below the ears, flatter behind.
        lower = np.clip(-z, 0, 1)
        rings = (
            rings
            - (0.24 * lower * x)[..., None] * left * 0.078 * size
            + (0.25 * lower * np.where(y < 0, -y, 0.12))[..., None] * front * 0.1 * size
        )
        mid = (sphere[:-1] + sphere[1:]) / 2
        mid = (mid + np.roll(mid, -1, axis=1)) / 2
        hairline = np.where(mid[..., 1] > 0.25, 0.55, np.where(mid[..., 1] > -0.2, 0.1, -0.55))
        covered = mid[..., 2] > hairline
        grown = rings + (rings - centre) * 0.05 * (sphere[..., 2:] > -0.6)
        skull = patches(rings, skin)
        cap = patches(grown, hair)
        keep = covered.reshape(-1)
        parts = [skull, Patches(cap.corners[keep], cap.colours[keep])]
        # Below the chin, from the shoulders: the neck.
        profile = np.array([[0.0, 0.060, 0.060, 0], [0.5, 0.054, 0.056, 0], [1.0, 0.052, 0.06, 0]])
        profile[:, 1:] *= scale
        top = centre - up * 0.055 * size - front * 0.02 * size
        parts.append(bone(top, neck - up * 0.02, left, profile[::-1] * [-1, 1, 1, 1] + [1, 0, 0, 0], skin * 0.95))
        parts += self._face(centre, axes, size)
        if look.long_hair:
            tail = centre - front * 0.092 * size - up * 0.03 * size
            strands = np.array([[0, 0.03, 0.03, 0], [0.4, 0.042, 0.036, 0], [1.0, 0.014, 0.014, 0]])
            strands[:, 1:] *= size
            end = tail - up * 0.19 * size - front * 0.035 * size
            parts.append(bone(tail, end, left, rounded(strands, 0.19 * size), hair, 10))
        return parts

    def _face(self, centre: Array, axes: Array, size: float) -> list[Patches]:
        """Eyes, brows, nose, mouth and ears: small patches just above the skin."""
        left, front, up = axes
        skin, hair = np.asarray(self.look.skin), np.asarray(self.look.hair)
        white, iris, lips = np.array([0.93, 0.92, 0.9]), np.array([0.12, 0.09, 0.08]), skin.copy()
        lips = lips * np.array([0.82, 0.55, 0.55])

        def mark(x: float, z: float, wide: float, tall: float, colour: Array, lift: float) -> Patches:
            angle = np.arange(0, 8) * np.pi / 4
            u = x + wide * np.cos(angle)
            w = z + tall * np.sin(angle)
            narrow = 1 - 0.24 * np.clip(-w / 0.122, 0, 1)
            inside = np.clip(1 - (u / (0.078 * narrow)) ** 2 - (w / 0.122) ** 2, 0.02, 1)
            v = 0.1 * np.sqrt(inside) + 0.003 * np.clip(-w / 0.122, 0, 1) + lift
            ring = centre + size * (u[:, None] * left + v[:, None] * front + w[:, None] * up)
            quads = np.stack([ring[[0, 1, 2, 3]], ring[[3, 4, 5, 6]], ring[[6, 7, 0, 3]]])
            return Patches(quads, np.repeat(colour[None], 3, axis=0))

        parts = []
        for sign in (1.0, -1.0):
            parts.append(mark(sign * 0.031, 0.004, 0.0165, 0.0085, white, 0.003))
            parts.append(mark(sign * 0.031, 0.004, 0.0075, 0.0085, iris, 0.005))
            parts.append(mark(sign * 0.032, 0.025, 0.0190, 0.0038, hair * 0.8, 0.004))
            ear, _ = ellipsoid(
                centre + size * (sign * 0.076 * left - 0.004 * front - 0.006 * up),
                axes, (0.011 * size, 0.019 * size, 0.031 * size), 6, 8,
            )  # fmt: skip
            parts.append(patches(ear, skin * 0.94))
        parts.append(mark(0.0, -0.070, 0.022, 0.0065, lips, 0.003))
        bridge = centre + size * (0.098 * front + 0.004 * up)
        tip = centre + size * (0.122 * front - 0.036 * up)
        root = centre + size * (0.100 * front - 0.046 * up)
        wing = size * 0.015 * left
        quads = np.stack(
            [[bridge, bridge, root + wing, tip], [bridge, tip, root - wing, bridge],
             [root + wing, root, root - wing, tip]]
        )  # fmt: skip
        parts.append(Patches(quads, np.stack([skin * 0.93, skin * 1.0, skin * 0.72])))
        return parts


def _scale(body: Array) -> float:
    """How large the body is, from its legs and arms; 1 for legs of 0.85 m from hip to ankle."""
    legs = [np.linalg.norm(body[a] - body[b]) for a, b in ((11, 13), (13, 15), (12, 14), (14, 16))]
    return float(np.clip(sum(legs) / 2 / 0.87, 0.5, 1.4))
