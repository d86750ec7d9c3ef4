"""What happens to calls; the only writers of their rows."""
