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
    finer,
    patches,
    rounded,
    tube,
    unit,
)

Colour = tuple[float, float, float]

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = 0, 1, 2, 3, 4
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP = 5, 6, 11, 12
SIDES = ((5, 7, 9, 11, 13, 15, 1.0), (6, 8, 10, 12, 14, 16, -1.0))

# Half-widths in metres of a person with thigh and shank of 0.87 m together.
# Torso: height (0 hips, 1 shoulders), to the side, to the front, shift to the front.
TORSO = finer(
    [
        [1.22, 0.048, 0.050, 0.004], [1.15, 0.056, 0.056, -0.004], [1.10, 0.082, 0.066, -0.010],
        [1.07, 0.128, 0.078, -0.012], [1.03, 0.160, 0.088, -0.010], [0.95, 0.177, 0.104, -0.004],
        [0.80, 0.172, 0.119, 0.004], [0.62, 0.165, 0.120, 0.008], [0.45, 0.152, 0.112, 0.006],
        [0.30, 0.152, 0.110, 0.002], [0.16, 0.166, 0.119, -0.002], [0.06, 0.178, 0.128, -0.006],
        [-0.03, 0.182, 0.131, -0.008], [-0.05, 0.174, 0.125, -0.009], [-0.10, 0.160, 0.118, -0.010],
        [-0.18, 0.120, 0.096, -0.008], [-0.24, 0.060, 0.060, -0.005],
    ]
)  # fmt: skip
NECKLINE, WAIST = 1.075, -0.032  # where the shirt ends
# From the shoulder joint to the root of the neck: half-width to the front, then up and down.
YOKE = finer([[0.0, 0.050, 0.046, 0], [0.5, 0.060, 0.046, 0], [1.0, 0.062, 0.040, 0]])
# Limbs: along the bone, to the side, to the front, shift to the front.
UPPER_ARM = finer(
    [[0.00, 0.047, 0.050, 0], [0.35, 0.045, 0.048, 0.003], [0.7, 0.039, 0.042, 0.002],
     [1.0, 0.035, 0.036, 0]]
)  # fmt: skip
SLEEVE = finer([[0.0, 0.044, 0.054, 0], [0.22, 0.052, 0.057, 0], [0.55, 0.054, 0.058, 0.002]])
LONG_SLEEVE = finer(
    [
        [0.0, 0.044, 0.054, 0],
        [0.22, 0.052, 0.056, 0],
        [0.8, 0.047, 0.049, 0],
        [1.0, 0.045, 0.045, 0],
    ]
)
FOREARM = finer(
    [[0.00, 0.035, 0.036, 0], [0.25, 0.041, 0.038, 0], [0.65, 0.033, 0.031, 0],
     [1.0, 0.028, 0.023, 0]]
)  # fmt: skip
LOWER_SLEEVE = finer([[0.0, 0.045, 0.045, 0], [0.3, 0.047, 0.045, 0], [0.92, 0.036, 0.033, 0]])
THIGH = finer(
    [[0.00, 0.076, 0.086, -0.004], [0.12, 0.084, 0.092, -0.002], [0.4, 0.082, 0.089, 0.002],
     [0.75, 0.068, 0.073, 0.003],
     [1.0, 0.059, 0.061, 0.002]]
)  # fmt: skip
SHANK = finer(
    [[0.00, 0.055, 0.056, 0.002], [0.12, 0.051, 0.054, 0], [0.32, 0.055, 0.061, -0.012],
     [0.65, 0.042, 0.046, -0.008], [0.9, 0.034, 0.040, -0.002], [1.0, 0.036, 0.042, 0]]
)  # fmt: skip
TROUSER_LEG = finer(
    [[0.00, 0.061, 0.063, 0.002], [0.3, 0.063, 0.067, -0.008], [0.7, 0.056, 0.060, -0.006],
     [0.97, 0.054, 0.060, -0.003]]
)  # fmt: skip
SHORTS_END = 0.80  # of the thigh
HAND = finer(
    [[0.0, 0.026, 0.020, 0], [0.35, 0.038, 0.019, 0], [0.62, 0.040, 0.017, 0],
     [0.85, 0.034, 0.013, 0], [1.0, 0.016, 0.008, 0]],
)  # fmt: skip
THUMB = np.array([[0, 0.012, 0.012, 0], [1, 0.009, 0.009, 0]])
HAND_M, THUMB_M = 0.165, 0.062
NECK = finer([[0.0, 0.052, 0.060, 0], [0.5, 0.052, 0.056, 0], [1.0, 0.060, 0.060, 0]])
PONYTAIL = finer([[0, 0.03, 0.03, 0], [0.4, 0.042, 0.036, 0], [1.0, 0.014, 0.014, 0]])
# Shoe: along the foot in metres from the ankle, half-width, height of the upper side.
SHOE = finer(
    [[-0.078, 0.014, 0.040], [-0.068, 0.033, 0.078], [-0.03, 0.039, 0.090], [0.045, 0.042, 0.074],
     [0.105, 0.047, 0.052], [0.155, 0.041, 0.040], [0.184, 0.016, 0.022]],
)  # fmt: skip
SOLE = np.array([0.86, 0.86, 0.84])
SOCK = np.array([0.90, 0.90, 0.88])


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

    def surface(self, joints: NDArray[np.floating]) -> list[Patches]:
        """(17, 3) metres, floor at z = 0 -> the parts of the body."""
        body = np.asarray(joints, float)
        scale = _scale(body)
        left_hips = unit(body[LEFT_HIP] - body[RIGHT_HIP])
        parts = [*self._torso(body, scale), *self._head(body, scale)]
        for shoulder, elbow, wrist, hip, knee, ankle, sign in SIDES:
            parts += self._arm(body[[shoulder, elbow, wrist]], sign, left_hips, scale)
            parts += self._leg(body[[hip, knee, ankle]], sign, left_hips, scale)
        return parts

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
        girth = 1 + (look.girth - 1) * np.clip((1.12 - height) / 0.3, 0, 1)
        half = TORSO[:, 1:3] * scale * girth * [1 - 0.4 * (1 - 1 / look.girth), 1]
        bow = 0.02 * np.sin(np.pi * np.clip(height, 0, 1))
        centres = hips + height * (shoulders - hips) + front * (TORSO[:, 3:] * scale + bow)
        rings = tube(centres, left, front, half, 36)
        neck = int((TORSO[:, 0] > NECKLINE).sum())
        hem = int((TORSO[:, 0] > WAIST).sum())
        shirt = patches(rings[neck - 1 : hem + 1], np.asarray(look.shirt))
        ahead = np.cross(left_shoulders, up)
        root = shoulders + up * 0.035 * scale - ahead * 0.012 * scale
        yokes = []
        for joint in (LEFT_SHOULDER, RIGHT_SHOULDER):
            slope = rounded(YOKE * _grown(scale), float(np.linalg.norm(root - body[joint])))
            yoke = bone(body[joint], root, ahead, slope, np.asarray(look.shirt), 18)
            yokes.append(Patches(yoke.corners, yoke.colours, above=-0.04))
        return [
            patches(rings[:neck], np.asarray(look.skin)),
            *yokes,
            Patches(shirt.corners, shirt.colours, above=0.045),
            patches(rings[hem:], np.asarray(look.trousers)),
        ]

    def _arm(self, joints: Array, sign: float, left: Array, scale: float) -> list[Patches]:
        look = self.look
        shoulder, elbow, wrist = joints
        skin, shirt = np.asarray(look.skin), np.asarray(look.shirt)
        size = _grown(scale * look.girth**0.5)
        upper = float(np.linalg.norm(elbow - shoulder))
        lower = float(np.linalg.norm(wrist - elbow))
        side = np.cross(unit(elbow - shoulder), [1.0, 0.0, 0.0]) + 1e-3 * left
        if look.long_sleeves:
            sleeve, end = LONG_SLEEVE * size, (True, True)
            cuff = LOWER_SLEEVE * size
            bare = _from(FOREARM * size, cuff[-1, 0] - 0.02)
            parts = [bone(elbow, wrist, side, rounded(cuff, lower, (True, False)), shirt)]
            parts.append(bone(elbow, wrist, side, rounded(bare, lower, (False, True)), skin))
        else:
            sleeve, end = SLEEVE * size, (True, False)
            bare = _from(UPPER_ARM * size, sleeve[-1, 0] - 0.04)
            parts = [bone(shoulder, elbow, side, rounded(bare, upper, (False, True)), skin)]
            parts.append(bone(elbow, wrist, side, rounded(FOREARM * size, lower), skin))
        parts.append(bone(shoulder, elbow, side, rounded(sleeve, upper, end), shirt))
        return [*parts, *self._hand(elbow, wrist, sign, left, scale)]

    def _hand(
        self, elbow: Array, wrist: Array, sign: float, left: Array, scale: float
    ) -> list[Patches]:
        skin = np.asarray(self.look.skin)
        along = unit(wrist - elbow)
        towards = across(np.array([0.6, 0.0, 0.3]) - sign * left, along)
        tip = wrist + along * HAND_M * scale
        root = wrist + (along * 0.03 + towards * 0.028) * scale
        end = root + unit(along + 0.55 * towards) * THUMB_M * scale
        size = _grown(scale)
        return [
            bone(wrist, tip, towards, HAND * size, skin, 10),
            bone(root, end, towards, rounded(THUMB * size, THUMB_M * scale), skin, 6),
        ]

    def _leg(self, joints: Array, sign: float, left: Array, scale: float) -> list[Patches]:
        look = self.look
        hip, knee, ankle = joints
        skin, cloth = np.asarray(look.skin), np.asarray(look.trousers)
        size = _grown(scale * look.girth**0.7)
        upper, lower = float(np.linalg.norm(knee - hip)), float(np.linalg.norm(ankle - knee))
        thigh = THIGH * size
        if look.shorts:
            wide = thigh[thigh[:, 0] <= SHORTS_END] * [1, 1.07, 1.07, 1]
            bare = _from(thigh * [1, 0.95, 0.95, 1], wide[-1, 0] - 0.03)
            parts = [
                bone(hip, knee, left, rounded(wide, upper, (True, False)), cloth, 20),
                bone(hip, knee, left, rounded(bare, upper, (False, True)), skin),
                bone(knee, ankle, left, rounded(SHANK * size, lower, (True, False)), skin),
            ]
        else:
            leg = TROUSER_LEG * size
            parts = [
                bone(hip, knee, left, rounded(thigh, upper), cloth, 20),
                bone(knee, ankle, left, rounded(leg, lower, (True, False)), cloth),
                bone(knee, ankle, left, _from(SHANK * size, 0.94), SOCK, 10),
            ]
        return [*parts, *self._shoe(knee, ankle, left, sign, scale)]

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
        rings = tube(centres, sideways, -up, half * 1.05, 18)
        # A box-like lower side: push the points of the lower half down to the sole.
        below = np.einsum("rsd,d->rs", rings - centres[:, None], up) < -1e-6
        depth = np.einsum("rsd,d->rs", rings - ankle, up) + sole
        rings = rings - np.where(below, np.maximum(depth, 0) * 0.75, 0)[..., None] * up
        colour = np.asarray(self.look.shoes)
        colours = np.broadcast_to(colour, (len(SHOE) - 1, 18, 3)).copy()
        edge = below & np.roll(below, -1, axis=1)
        colours[edge[:-1]] = SOLE
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
        size = scale * 1.03
        centre = body[NOSE] - front * 0.106 * size + up * 0.030 * size
        half = np.array([0.077, 0.099, 0.120]) * size
        rings, sphere = ellipsoid(centre, axes, half, 19, 28)
        x, y, z = sphere[..., 0], sphere[..., 1], sphere[..., 2]
        # The jaw is narrower than the brow, and the neck sits under the front half.
        low = np.clip(-z, 0, 1)
        rings = rings - (0.26 * low * x * half[0])[..., None] * left
        rings = rings + (0.25 * low * np.where(y < 0, -y, 0.12) * half[1])[..., None] * front
        middle = (sphere[:-1] + sphere[1:]) / 2
        middle = (middle + np.roll(middle, -1, axis=1)) / 2
        y, z = middle[..., 1], middle[..., 2]
        temple = np.clip((y + 0.25) / 0.5, 0, 1)
        hairline = -0.62 + 0.62 * temple + 0.52 * np.clip((y - 0.1) / 0.25, 0, 1)
        covered = (z > hairline).reshape(-1)
        grown = rings + (rings - centre) * 0.055 * (sphere[..., 2:] > -0.75)
        skull, cap = patches(rings, skin), patches(grown, hair)
        top = centre - up * 0.05 * size - front * 0.018 * size
        parts = [
            skull,
            Patches(cap.corners[covered], cap.colours[covered], above=0.012),
            bone(top, neck - up * 0.02, left, NECK * _grown(scale), skin * 0.96, 16),
            *self._face(centre, axes, size),
        ]
        if look.long_hair:
            root = centre - front * 0.094 * size - up * 0.02 * size
            end = root - up * 0.20 * size - front * 0.035 * size
            tail = rounded(PONYTAIL * _grown(size), 0.2 * size)
            parts.append(bone(root, end, left, tail, hair, 12))
        return parts

    def _face(self, centre: Array, axes: Array, size: float) -> list[Patches]:
        """Eyes, brows, nose, mouth and ears: small patches just above the skin."""
        left, front, up = axes
        skin, hair = np.asarray(self.look.skin), np.asarray(self.look.hair)
        white, iris, lips = np.array([0.93, 0.92, 0.9]), np.array([0.12, 0.09, 0.08]), skin.copy()
        lips = lips * np.array([0.82, 0.55, 0.55])

        def mark(
            x: float, z: float, wide: float, tall: float, colour: Array, lift: float
        ) -> Patches:
            angle = np.arange(0, 8) * np.pi / 4
            u = x + wide * np.cos(angle)
            w = z + tall * np.sin(angle)
            narrow = 1 - 0.24 * np.clip(-w / 0.122, 0, 1)
            inside = np.clip(1 - (u / (0.078 * narrow)) ** 2 - (w / 0.122) ** 2, 0.02, 1)
            v = 0.1 * np.sqrt(inside) + 0.003 * np.clip(-w / 0.122, 0, 1) + lift
            ring = centre + size * (u[:, None] * left + v[:, None] * front + w[:, None] * up)
            quads = np.stack([ring[[0, 1, 2, 3]], ring[[3, 4, 5, 6]], ring[[6, 7, 0, 3]]])
            return Patches(quads, np.repeat(colour[None], 3, axis=0), above=0.02 + lift)

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


def _grown(factor: float) -> Array:
    """Multiplies the widths of a profile, not the places along the bone."""
    return np.array([1.0, factor, factor, factor])


def _from(profile: Array, start: float) -> Array:
    """The part of a profile beyond `start`, beginning exactly there."""
    first = [np.interp(start, profile[:, 0], column) for column in profile.T]
    return np.concatenate([[first], profile[profile[:, 0] > start + 1e-6]])


def _scale(body: Array) -> float:
    """How large the body is, from its legs and arms; 1 for legs of 0.85 m from hip to ankle."""
    legs = [np.linalg.norm(body[a] - body[b]) for a, b in ((11, 13), (13, 15), (12, 14), (14, 16))]
    return float(np.clip(sum(legs) / 2 / 0.87, 0.5, 1.4))
