"""REST of tools."""
