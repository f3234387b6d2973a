"""Durable work: the queue, the workers that serve it, and what a job tells people."""
