"""Who says yes: questions about single runs, grants for later ones, reviews of versions.

`gate` is asked before a run, `reviews` before a version is used; `answering` and `confirming`
decide, `expiry` closes what nobody answered. Imports models, the engine and the audit.
"""
