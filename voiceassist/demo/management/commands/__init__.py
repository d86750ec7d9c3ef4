"""Command-line entrances to the stand-ins and the simulated caller."""
