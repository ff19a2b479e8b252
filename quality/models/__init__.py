from quality.models.appeals import DECISION_IN_FORCE, WON, Appeal, AppealPolicy
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
from quality.models.proposals import Promotion, Proposal, ProposalVote
from quality.models.quizzes import Quiz, QuizAttempt, QuizVersion
from quality.models.review import Review, ReviewRemark
from quality.models.review_steps import ReviewDraw, ReviewPlan, ReviewStep
from quality.models.rules import QualityRule, RaisedReview, RuleAct
from quality.models.skills import MinimumSkill, Skill, SkillName
from quality.models.supervision import Supervision, SupervisionMove
from quality.models.vetting import Candidacy, FunnelEvent, FunnelSettings

__all__ = [
    "DECISION_IN_FORCE",
    "WON",
    "Appeal",
    "AppealPolicy",
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
    "Promotion",
    "Proposal",
    "ProposalVote",
    "QualityRule",
    "QuestionAtSubmit",
    "Quiz",
    "QuizAttempt",
    "QuizVersion",
    "RaisedReview",
    "Review",
    "ReviewDraw",
    "ReviewPlan",
    "ReviewRemark",
    "ReviewStep",
    "RowConsensus",
    "RuleAct",
    "Skill",
    "SkillName",
    "SkillSource",
    "Supervision",
    "SupervisionMove",
]
