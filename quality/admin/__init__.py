"""How good the work is, in the admin: the line, performance, consensus of a row, quality, issues, formulas."""

from quality.admin import (  # noqa: F401  (each adds its pages)
    agreement,
    benchmarks,
    board,
    findings,
    formulas,
    issues,
    line,
    performance,
    practice,
    project_quality,
    quizzes,
    row,
    row_history,
    rows,
    rules,
    skills,
    supervision,
    vetting,
)
