"""How good the models are on sessions of recorded people whom they never saw."""
