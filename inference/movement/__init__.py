"""What a skeleton tells: joint angles, speeds, moments of rest, and where it is not to be trusted.

Everything is measured in the picture plane. A limb that points towards the camera looks short and
bent; nothing here knows depth.
"""
