"""Benchmarks: figures a reader can print, never held by a test."""
