"""How long ``verify_audit`` takes over a long chain.

``python -m bench.verify_audit --rows 1000000`` fills the audit log with SQL in a temporary home, seals it with
the relay's function in larger steps, and times the check."""

import argparse
import sys

from bench import place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with place.open_place() as here:
        sys.stdout.write(here.shell(f"from bench.audit_chain import measure; measure({rows})"))


if __name__ == "__main__":
    main()
