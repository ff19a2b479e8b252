"""Pages about people at 3 and at 3,000 people: how long each takes, and how many queries it asks.

    python -m bench.people_pages                       # 3 people and 2 projects, then 3,000 people and 200 projects
    python -m bench.people_pages --people 3000 --projects 200 --rounds 21

Each size stands in a temporary home with a PostgreSQL of its own. Pages are asked for in the process that holds them
(Django's test client: middleware, rights, queries and templates, no network), as a workforce manager."""

import argparse
import json
import sys

from bench.place import open_place, run

SIZES = ((3, 2), (3000, 200))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=21)
    wanted = parser.parse_args()
    sizes = ((wanted.people, wanted.projects),) if wanted.people else SIZES
    measured = {}
    for people, projects in sizes:
        with open_place() as place:
            words = f"people={people}, projects={projects}, rounds={wanted.rounds}"
            code = f"from bench.people_fill import measure; measure({words})"
            told = run([sys.executable, "manage.py", "shell", "-c", code], place.environment)
        measured[people, projects] = json.loads(told.strip().splitlines()[-1])
    sys.stdout.write(table_of(measured) + "\n")


def table_of(measured: dict[tuple[int, int], dict[str, list[float]]]) -> str:
    heads = [f"{people} people, {projects} projects: queries | p50 / p95 ms" for people, projects in measured]
    lines = [f"| page | {' | '.join(heads)} |", "|---" * (1 + 2 * len(heads)) + "|"]
    for page in next(iter(measured.values())):
        cells = [f"{int(n)} | {half:.0f} / {most:.0f}" for n, half, most in (size[page] for size in measured.values())]
        lines.append(f"| {page} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
