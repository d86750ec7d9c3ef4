"""Keeping, reading and searching documents: the only writers of this room."""
