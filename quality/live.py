"""Live messages of scores. The streams of a project and of a row are followed only by those who may see consensus."""

from collections.abc import Iterable, Mapping
from typing import Any

from labeling.events import stream_of_project, stream_of_row
from labeling.models import ProjectRow
from quality.models import LabelScore, PairScore, RowConsensus
from workforce.events import announce


def tell_row_scored(
    row: ProjectRow, consensus: RowConsensus, scores: Mapping[str, float | None], pairs: Iterable[PairScore]
) -> None:
    """``scores`` is label uid → mean of its pairs; ``pairs`` are the new ones, the rest is as it was."""
    facts = {
        "row": str(row.uid),
        "external_id": row.data_row.external_id,
        "score": consensus.score,
        "opinions": consensus.opinion_count,
    }
    announce(row.project.organization_id, stream_of_project(row.project.uid), "consensus_scored", facts)
    details = {
        **facts,
        "previous_score": consensus.previous_score,
        "ambiguity": consensus.ambiguity,
        "status": consensus.status,
        "winner": _uid_of_winner(consensus),
        "labels": [{"label": uid, "score": scores[uid]} for uid in sorted(scores)],
        "pairs": [{"a": str(pair.label_a.uid), "b": str(pair.label_b.uid), "score": pair.score} for pair in pairs],
    }
    announce(row.project.organization_id, stream_of_row(row.uid), "consensus_scored", details)


def tell_winner_chosen(row: ProjectRow, consensus: RowConsensus) -> None:
    facts = {"row": str(row.uid), "status": consensus.status, "winner": _uid_of_winner(consensus)}
    _tell_both(row, "winner_chosen", facts)


def tell_benchmark_scored(row: ProjectRow, scores: Iterable[LabelScore]) -> None:
    facts = {
        "row": str(row.uid),
        "labels": [{"label": str(score.label.uid), "benchmark": score.benchmark} for score in scores],
    }
    announce(row.project.organization_id, stream_of_row(row.uid), "benchmark_scored", facts)


def tell_row_marked(row: ProjectRow) -> None:
    """A person said that the row itself is unclear."""
    _tell_both(row, "row_marked", {"row": str(row.uid)})


def _tell_both(row: ProjectRow, kind: str, facts: dict[str, Any]) -> None:
    announce(row.project.organization_id, stream_of_project(row.project.uid), kind, facts)
    announce(row.project.organization_id, stream_of_row(row.uid), kind, facts)


def _uid_of_winner(consensus: RowConsensus) -> str | None:
    return str(consensus.winner.uid) if consensus.winner else None
