"""Stage 1, Human Heatmaps Extractor: find people, follow them, crop the patient, refine."""
