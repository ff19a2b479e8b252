"""JSON Lines: one JSON object a line, each read through the JSON gate, so one bad line never hides the others."""

from collections.abc import Iterable, Iterator

from labeling.annotations.limits import MAX_DEPTH
from labeling.formats.problems import Problem
from workforce.json_gate import JsonFault, load_json

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_objects(
    lines: Iterable[bytes | str], *, max_line_bytes: int, max_depth: int = MAX_DEPTH
) -> Iterator[tuple[int, dict[str, object]] | Problem]:
    """The object of every line with its number (from 1), or a problem. Blank lines are passed over, a mark at the start
    of the file is dropped. Whoever opens the file bounds the length of the lines it yields.
    """
    for number, line in enumerate(lines, start=1):
        raw = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
        if number == 1:
            raw = raw.removeprefix(_BYTE_ORDER_MARK)
        if not raw.strip():
            continue
        try:
            document = load_json(raw, max_bytes=max_line_bytes, max_depth=max_depth)
        except JsonFault as fault:
            path = "" if fault.column is not None else fault.position
            yield Problem(number, path, fault.code, fault.message, fault.column)
            continue
        if isinstance(document, dict):
            yield number, document
        else:
            yield Problem(number, "", "bad_shape", "A line holds one JSON object.")
