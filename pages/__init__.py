"""Thin Streamlit pages, one per task of a person: what to show, nothing else."""
