"""Angles of joints in the picture plane, in degrees.

They are 2-D projections: equal to what a goniometer reads only where the movement happens in a
plane parallel to the picture. Zero is the anatomical position (arms hanging, everything straight),
as in clinical goniometry (neutral zero method; Norkin and White, Measurement of Joint Motion).
"""

import numpy as np
from numpy.typing import NDArray

from inference.movement.track import TRUNK, JointTrack

Joints = tuple[int, int, int]  # two limbs that meet in the middle one; COCO order

SHORTEST_LIMB = 0.05  # trunk lengths; the direction of anything shorter is noise


def bend(track: JointTrack, joints: Joints) -> NDArray[np.float32]:
    """(T,) how far a joint is from straight: 0 stretched, 180 folded; NaN where it is not seen.

    Elbow: shoulder, elbow, wrist. Knee: hip, knee, ankle. Hip: shoulder, hip, knee. Seen from the
    side this is flexion (or extension beyond straight: it has no sign).
    """
    return 180 - opening(track, joints)


def opening(track: JointTrack, joints: Joints) -> NDArray[np.float32]:
    """(T,) the angle 0..180 at the middle joint between the ways to the others; NaN where unseen.

    At the shoulder, from hip to elbow, it is the elevation of the upper arm against the trunk
    (humerothoracic elevation; Wu et al., J. Biomech. 2005): abduction seen from the front, flexion
    from the side.
    """
    first, corner, last = joints
    one, other = (track.points[:, end] - track.points[:, corner] for end in (first, last))
    cross = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    angle = np.degrees(np.arctan2(np.abs(cross), (one * other).sum(axis=1)))
    short = np.minimum(*(np.linalg.norm(limb, axis=1) for limb in (one, other))) < SHORTEST_LIMB
    seen = track.sure[:, joints].all(axis=1)
    return np.where(seen & ~short, angle, np.nan).astype(np.float32)


def trunk_lean(track: JointTrack) -> NDArray[np.float32]:
    """(T,) -180..180: from the vertical of the picture to the line from the middle of the hips to
    that of the shoulders; 0 upright, positive towards the right of the picture, NaN where unseen.
    """
    up = track.points[:, 5:7].mean(axis=1) - track.points[:, 11:13].mean(axis=1)
    angle = np.degrees(np.arctan2(up[:, 0], -up[:, 1]))
    seen = track.sure[:, TRUNK].all(axis=1)
    short = np.linalg.norm(up, axis=1) < SHORTEST_LIMB
    return np.where(seen & ~short, angle, np.nan).astype(np.float32)
