"""REST of the knowledge base; imports services and models."""
