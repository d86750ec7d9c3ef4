"""Services of others, reached through their own client libraries at configurable addresses."""
