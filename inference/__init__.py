"""From pixels to segments: the three-stage model and its training.

Knows no database and no web page.
"""
