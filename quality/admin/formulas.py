"""The formulas page: every measure in the words that the pages, files and rules go by."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from workforce.admin.pages import show
from workforce.admin.site import add_page

# Raised when a formula changes; files carry it, so that figures of different versions are never compared unseen.
VERSION = 1


@dataclass(frozen=True)
class Formula:
    anchor: str
    name: str
    unit: str
    formula: str
    notes: tuple[str, ...] = ()


FORMULAS = (
    Formula(
        "throughput",
        "Throughput",
        "rows or objects",
        "what was submitted for the first time in the period; per hour: ÷ active hours of labeling and rework",
        (
            "A row counts on the day of its first submit, in the time zone of the organization.",
            "Imported labels were made elsewhere: they are counted, but nobody measured their time.",
        ),
    ),
    Formula(
        "efficiency",
        "Efficiency",
        "accepted labels per active hour",
        "accepted labels ÷ active hours of labeling and rework",
        (
            "Accepted: approved in review, or finished without one.",
            "Cost per accepted label = Σ active hours × rate over all stages ÷ accepted labels. It is shown once "
            "there are pay rates.",
        ),
    ),
    Formula(
        "approval",
        "Approval at first review",
        "share",
        "approved ÷ (approved + sent back), of first reviews",
        (
            "Approved includes fixed and approved. Later reviews of the same label do not count.",
            "A first review that an appeal overturned counts as approved from then on, on the day it was made.",
        ),
    ),
    Formula(
        "first-pass",
        "First-pass yield",
        "share",
        "labels approved at first review without an edit ÷ labels with a first review",
        (
            "The yield of a line is the product over its steps of review, each by its first look at a label; its "
            "interval is the product of the steps' at 1 − 5 % ÷ steps (Bonferroni).",
        ),
    ),
    Formula(
        "review-share",
        "Share of labels that is reviewed",
        "share",
        "drawn by a hash of project, step and row; adaptive: 1 − target ÷ upper bound of the maker's error rate",
        (
            "An error: the first review fixed the label or sent it back. The rate's posterior is a Beta of the newest "
            "200 first reviews, each weighing half after 40 newer ones, on a prior of the project's own rate that "
            "weighs 10 labels; the upper bound is its 95 % quantile.",
            "Of what is not looked at, at most the target is then faulty (Dodge & Romig), within the share that is "
            "looked at always and the one that is looked at at most. What was drawn for a version is kept.",
        ),
    ),
    Formula(
        "appeals",
        "Appeals overturned",
        "share",
        "of a maker: appeals overturned ÷ appeals decided; of a reviewer: sendings back overturned ÷ sendings back",
        (
            "Wilson's 95 % interval. Overturned with a fix counts as overturned; withdrawn appeals count as none.",
            "The decision on an appeal is no sending back of its own.",
        ),
    ),
    Formula(
        "review-value",
        "What review added",
        "points a minute",
        "Σ (score after − score before) × 100 ÷ Σ minutes of review, over decisions",
        (
            "Score: of the judged version and of what came of it, against the gold of the row where there is one and "
            "you may see it, else against the version that was accepted in the end (as agreement).",
            "An approval adds 0 points and its minutes count. A return counts once its maker has sent the label again.",
            "Against the accepted version the last step always ends at 1: it says how much review changed, not that "
            "the change was right. Only gold says that.",
            "95\u202f% interval: bootstrap over decisions. Under 10 decisions: too few to say.",
        ),
    ),
    Formula(
        "supervision",
        "Supervision",
        "share or score 0–1",
        "mean of the project's last results: first reviews (approved 1, sent back 0) or scores against gold",
        (
            "Wilson's interval for reviews, that of a mean score for gold. It looks once after so many new results.",
            "While the lower bound is at the bar or above, both shares fall a step; when it is not, they rise one.",
            "Labels that a rule sends to review more often count as the others do, so the mean is rather too low.",
        ),
    ),
    Formula(
        "rework",
        "Rework share",
        "share of active time",
        "active time of rework ÷ all active time",
        ("n are days with active time. The interval is that of a ratio over days (Cochran), from three days on.",),
    ),
    Formula(
        "benchmark",
        "Benchmark accuracy",
        "score 0–1",
        "mean of a person's scores against the gold of the row",
        (
            "Gold may accept several answers; the best one counts. A shape or an answer within the tolerance of its "
            "class counts as wholly right.",
            "Whoever wrote the gold, or a label that it took an answer from, is not scored against it.",
            "Without an error: labels in which every object and answer is right; by class: objects and answers of "
            "either side without an error. Both with Wilson's interval.",
            "Surely from: the 5\u202f% bound of the mean shrunken to everybody's; it ranks, from five results on.",
            "While gold is contested its scores are held and count nowhere.",
        ),
    ),
    Formula(
        "computed-skill",
        "Computed skill",
        "0 to 100",
        "100 × the 5\u202f% bound of the mean of results against gold, shrunken to everybody's, rounded down",
        (
            "A result weighs half after the half-life. Five results make a skill; under a weight of 2.5 it goes away.",
            "Results of finished days only. A value that somebody noted counts before it.",
        ),
    ),
    Formula(
        "vetting",
        "Score in vetting",
        "score 0–1",
        "mean of the scores against gold of the labels made since the person came to where they are now",
        (
            "Passed: the mean is at the bar or above it. Surely below: the whole 95 % interval is under it. Else "
            "unsure.",
            "An assessment is looked at when its results are there, and once more at twice as many; a step of the ramp "
            "once, and once more where it was unsure. Nothing moves before the person has handed in some more rows.",
        ),
    ),
    Formula(
        "consensus",
        "Consensus agreement",
        "score 0–1",
        "of a row: mean over all pairs of its opinions; of a person: mean over rows of the mean of own pairs",
        (
            "A pair: mean over the classes and questions that either of the two used. A class: sum of the similarity "
            "of matched objects ÷ (objects of both − matches).",
            "A person counts by the last version they wrote; a fix by a reviewer changes nobody's score.",
        ),
    ),
    Formula(
        "findings",
        "Rows, people, rules and gold told apart",
        "findings",
        "in this order, and what one explains is held against nobody else: answers at random, rules that divide the "
        "crew, people, gold, rows",
        (
            "At random: under 30 % of a person's answers follow the row. Hasty: under 60 % of the others' time on the "
            "same rows, and more errors for it. Mixes up, errs more: surely over twice the others' share.",
            "A rule divides the crew where three people or more, and a fifth of all, surely answer otherwise in over "
            "a quarter of the cases. Gold looks wrong where three skilled people or more say the same instead.",
            "A row is ambiguous when skilled people differ and nothing known of them explains it. Of people at most "
            "5 %, of rows at most 15 % of those named are expected to be named by chance. Sources: docs/measures.md.",
        ),
    ),
    Formula(
        "ambiguity",
        "Ambiguity of a row",
        "score 0–1",
        "1 − agreement of its opinions: for questions the entropy of the vote, for objects 1 − mean pair score; mean "
        "over the features that apply",
        ("None under two opinions.",),
    ),
    Formula(
        "time",
        "Active and idle time",
        "seconds",
        "active = sum of stretches without a hole; idle = from first to last sign of life − active",
        (
            "A stretch ends when the editor is silent for the gap limit, or when nobody types for the pause limit.",
            "Time of a lease that ended without a submit is kept as abandoned.",
        ),
    ),
    Formula(
        "flow",
        "Flow",
        "rows",
        "start of day + in − out = rows in the stage",
        (
            "Busy: active ÷ (active + idle) time of the sessions that ended today.",
            "Bottleneck: of the queues that grew today, the one whose stage is busiest.",
            "Finish: rows left ÷ rows done a working day, mean of the last 10, with its 95\u202f% interval (Student).",
            "From label to done: working days since as many rows were labeled as are done now.",
        ),
    ),
    Formula(
        "first-answer",
        "Time to first answer",
        "time",
        "median of: first word of somebody who may resolve the issue and did not open it − opened; of issues opened in "
        "the last 90 days, the newest 5,000 of them",
        (
            "An issue without an answer counts as waiting up to now, one that was closed without any up to then: "
            "Kaplan and Meier's median (1958), interval by Brookmeyer and Crowley (1982). None while half still wait.",
            "By person only what that person answered counts, so there nothing waits any more.",
        ),
    ),
    Formula(
        "open-age",
        "Open age",
        "time",
        "now − opened, of issues that are open or reopened: median and oldest",
        ("A colour stands only at a due time: amber on its last day, red when it has passed.",),
    ),
    Formula(
        "reopened",
        "Reopen rate",
        "share",
        "issues opened again at least once ÷ issues that were resolved at least once; opened in the last 90 days",
        ("Wilson's interval.",),
    ),
    Formula(
        "in-time",
        "Answered in time",
        "share",
        "first answer by the due time ÷ issues with a due time that were answered, or wait past it",
        ("What is not due yet and has no answer counts on neither side. Wilson's interval.",),
    ),
    Formula(
        "interval",
        "95\u202f% intervals",
        "",
        "rates: Wilson; means: Student's t, or Jeffreys where every score is 0 or 1",
        (
            "Under 10 no interval is drawn.",
            "“Surely below”: the whole interval lies under the median. Everything else is not told apart yet.",
            "Totals are made from pooled counts, never from people's averages.",
        ),
    ),
)


@require_safe
def formulas(request: HttpRequest) -> HttpResponse:
    return show(request, "quality/admin/formulas.html", title="Formulas", formulas=FORMULAS, version=VERSION)


add_page("formulas/", formulas, "formulas")
