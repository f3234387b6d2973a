"""What the trainings of stage 2 and stage 3 have in common."""
