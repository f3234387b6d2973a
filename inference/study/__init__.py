"""The studies behind docs/accuracy.md: which models are trained, and on whom they are measured."""
