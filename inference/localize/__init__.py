"""Stage 3, Temporal Action Localizer: ActionFormer, decoding, training and evaluation."""
