"""Stage 3 as published: ActionFormer (Zhang et al., ECCV 2022), its targets, losses and NMS."""
