"""What is remembered. Knows no model and no web page."""
