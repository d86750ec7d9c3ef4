"""What assistants can look up: collections of documents, read, cut and searched."""
