"""Appearance: data to blocks, form state to data; pure."""
