"""Why a row may be skipped. Some reasons mean that nobody should get it before somebody has looked."""

SKIP_REASONS = {
    "unclear_rule": "The rules do not say what to do",
    "broken_picture": "The picture is broken or missing",
    "wrong_data": "It does not belong in this project",
    "need_expert": "It needs someone with more knowledge",
    "other": "Another reason",
}
SETS_ASIDE = frozenset({"unclear_rule", "broken_picture", "wrong_data"})
