"""The limits a label and an ontology must keep (protocols.md section 5). A fault for one of them names it."""

from typing import Final

MAX_DEPTH: Final = 32
MAX_FEATURES: Final = 4_000
MAX_OPTIONS: Final = 10_000
MAX_NAME_LENGTH: Final = 200
MAX_DEFINITION_LENGTH: Final = 20_000
MAX_SHAPE_VERTICES: Final = 20_000
MAX_LABEL_VERTICES: Final = 200_000
# Pictures hold at most 100 Mpixel, so no honest coordinate comes near this; it keeps areas far from overflow.
MAX_COORDINATE: Final = 10_000_000.0
# A shape may stand half a pixel outside: drawing at the very border of a zoomed picture rounds there.
BORDER_TOLERANCE: Final = 0.5
# Coordinates are kept to a thousandth of a pixel.
COORDINATE_DECIMALS: Final = 6
