"""Reading video exactly: probe, per-frame timestamps, decoding, review proxies."""
