from quality.models.benchmarks import (
    Benchmark,
    BenchmarkPolicy,
    GoldDecision,
    GoldFeatureScore,
    GoldVersion,
)
from quality.models.computed_skills import ComputedSkill, SkillSource
from quality.models.consensus import ExtraOpinion, LabelScore, MergedLabel, MovedScore, PairScore, RowConsensus
from quality.models.issues import Issue, IssueComment
from quality.models.performance import DayFigure, FigureDelta
from quality.models.review import Review, ReviewRemark
from quality.models.rules import QualityRule, RaisedReview, RuleAct
from quality.models.skills import MinimumSkill, Skill, SkillName
from quality.models.supervision import Supervision, SupervisionMove
from quality.models.vetting import Candidacy, FunnelEvent, FunnelSettings

__all__ = [
    "Benchmark",
    "BenchmarkPolicy",
    "Candidacy",
    "ComputedSkill",
    "DayFigure",
    "ExtraOpinion",
    "FigureDelta",
    "FunnelEvent",
    "FunnelSettings",
    "GoldDecision",
    "GoldFeatureScore",
    "GoldVersion",
    "Issue",
    "IssueComment",
    "LabelScore",
    "MergedLabel",
    "MinimumSkill",
    "MovedScore",
    "PairScore",
    "QualityRule",
    "RaisedReview",
    "Review",
    "ReviewRemark",
    "RowConsensus",
    "RuleAct",
    "Skill",
    "SkillName",
    "SkillSource",
    "Supervision",
    "SupervisionMove",
]
