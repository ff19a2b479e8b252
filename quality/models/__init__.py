from quality.models.benchmarks import Benchmark
from quality.models.consensus import LabelScore, PairScore, RowConsensus
from quality.models.issues import Issue, IssueComment
from quality.models.performance import DayFigure, FigureDelta
from quality.models.review import Review, ReviewRemark

__all__ = [
    "Benchmark",
    "DayFigure",
    "FigureDelta",
    "Issue",
    "IssueComment",
    "LabelScore",
    "PairScore",
    "Review",
    "ReviewRemark",
    "RowConsensus",
]
