"""How dates are written where a page does not say it itself, by language."""
