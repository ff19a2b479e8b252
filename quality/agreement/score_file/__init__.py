"""Labels in a file, scored without a database: `score_lines` takes the lines and gives back one object to write down.

`lines.py` reads, `questions.py` finds the ontology, `assets.py` sorts labels by asset, `result.py` scores them. The
format and every key of the result are described in `docs/measures.md`.
"""
