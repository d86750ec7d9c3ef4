"""What pages and API show of calls; reads only, imports models."""
