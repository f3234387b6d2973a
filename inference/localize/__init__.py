"""Stage 3, Temporal Action Localizer: ActionFormer, its targets, losses, decoding, training and evaluation."""
