from quality.models.benchmarks import (
    Benchmark,
    BenchmarkPolicy,
    GoldDecision,
    GoldFeatureScore,
    GoldVersion,
)
from quality.models.computed_skills import ComputedSkill, SkillSource
from quality.models.consensus import ExtraOpinion, LabelScore, MergedLabel, MovedScore, PairScore, RowConsensus
from quality.models.issue_views import DefaultIssueView, IssueView
from quality.models.issues import (
    Issue,
    IssueCategory,
    IssueComment,
    IssueCommentVersion,
    IssueEvent,
    IssueMention,
    QuestionAtSubmit,
)
from quality.models.performance import DayFigure, FigureDelta
from quality.models.practice import PracticeAnswer, PracticeRow
from quality.models.quizzes import Quiz, QuizAttempt, QuizVersion
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
    "DefaultIssueView",
    "ExtraOpinion",
    "FigureDelta",
    "FunnelEvent",
    "FunnelSettings",
    "GoldDecision",
    "GoldFeatureScore",
    "GoldVersion",
    "Issue",
    "IssueCategory",
    "IssueComment",
    "IssueCommentVersion",
    "IssueEvent",
    "IssueMention",
    "IssueView",
    "LabelScore",
    "MergedLabel",
    "MinimumSkill",
    "MovedScore",
    "PairScore",
    "PracticeAnswer",
    "PracticeRow",
    "QualityRule",
    "QuestionAtSubmit",
    "Quiz",
    "QuizAttempt",
    "QuizVersion",
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
