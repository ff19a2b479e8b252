"""Agreement beyond chance, one coefficient per module.

Krippendorff's alpha, the default, stands in `agreement/alpha.py`. Each takes all answers of one question
(`votes.Votes`) and gives a `result.Coefficient`.
"""
