"""One label out of many for objects: the same object is found in several labels (`clusters.py`), then fused by kind.

Each kind's module has a `merge_…` that takes labeler -> objects of one feature and gives `result.MergedObject`s.
"""
