from quality.models.benchmarks import Benchmark
from quality.models.consensus import ExtraOpinion, LabelScore, MergedLabel, MovedScore, PairScore, RowConsensus
from quality.models.issues import Issue, IssueComment
from quality.models.performance import DayFigure, FigureDelta
from quality.models.review import Review, ReviewRemark
from quality.models.skills import MinimumSkill, Skill, SkillName

__all__ = [
    "Benchmark",
    "DayFigure",
    "ExtraOpinion",
    "FigureDelta",
    "Issue",
    "IssueComment",
    "LabelScore",
    "MergedLabel",
    "MinimumSkill",
    "MovedScore",
    "PairScore",
    "Review",
    "ReviewRemark",
    "RowConsensus",
    "Skill",
    "SkillName",
]
