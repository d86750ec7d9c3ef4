"""What may be done with tools; the only writers of this room's rows."""
