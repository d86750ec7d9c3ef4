"""Tools that read from a PostgreSQL database; imports the engine, the outbound door, psycopg."""
