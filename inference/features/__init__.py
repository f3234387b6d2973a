"""Stage 2, Patch Features Extractor: R(2+1)D on heatmap volumes, and its training."""
