"""How good the work is, in the admin: the line, performance, consensus of a row, quality, issues, formulas."""

from quality.admin import formulas, issues, line, performance, project_quality  # noqa: F401  (each adds its pages)
