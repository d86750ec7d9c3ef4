"""The only writers of organizations, people and keys."""
