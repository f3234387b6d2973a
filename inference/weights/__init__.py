"""Where weights come from, what they are checked against, and how they are kept."""
