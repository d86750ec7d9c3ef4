"""Tools that a person's browser carries out."""
