"""What a live call costs: callers, a fake model, two baselines and the product between them."""
