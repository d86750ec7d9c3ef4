"""REST of the organization itself; imports services and models."""
