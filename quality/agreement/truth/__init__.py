"""One answer out of many: what a crowd says about each asset, how sure that is, and how good each labeler is.

`default.infer_truth` picks the method for a question with options; checklists, numbers and texts have their own.
"""
