"""Retraining from corrected labels, and what the training page says about it."""
