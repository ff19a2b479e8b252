"""How much two labels of one asset agree: one module per annotation kind.

Pure: values in, values out. No Django, no database, no clock, no randomness without a fixed seed. The same functions
serve consensus (label and label), benchmark (label and gold) and model runs (prediction and label). Start reading at
`labels.py`. Beyond pairs: `alpha.py`, `distance_alpha.py` and `coefficients/` correct for chance, `truth/` finds one
answer out of many and how good each labeler is, `merging/` makes one label out of many objects.
"""

METHOD = "union mean"
"""Name of the default score: matched similarity over the union of both labels' objects, mean over features."""

METHOD_VERSION = 1
"""Raised whenever a change here may change a stored score, so that old scores can be told apart and run again."""
