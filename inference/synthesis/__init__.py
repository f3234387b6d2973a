"""Moving mannequins with exactly known labels, for the demo, the tests and pre-training."""
