"""Stage 3, Temporal Action Localizer; `actionformer` holds the published network."""
