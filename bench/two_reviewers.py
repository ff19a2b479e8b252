"""``python -m bench.two_reviewers``: two decide about one label at the same moment, 200 times, over HTTP.

In a place of its own (embedded servers in a temporary home, web and relay as the supervisor starts them). Two rounds:
two tabs of one reviewer under one lease, and two reviewers of whom one's lease ran out and went to the other. Prints
who won, what the other was told, and how many decisions, audit rows and live messages each label has."""

import argparse
import http.client
import json
import random
import sys
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.place import Place, open_place

PREPARE = "from bench.two_reviewers_stage import prepare; prepare({count})"
CHECK = "from bench.two_reviewers_stage import check; check()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    with open_place() as here:
        stage = json.loads(here.shell(PREPARE.format(count=2 * times)).splitlines()[-1])
        here.start_line(workers=2)
        halves = {"one reviewer, two tabs": stage["tabs"], "two reviewers, one too late": stage["late"]}
        for name, reviews in halves.items():
            sys.stdout.write(f"{name}: {json.dumps(race_all(here, reviews))}\n")
        sys.stdout.write(f"kept: {here.shell(CHECK).splitlines()[-1]}\n")


def race_all(here: Place, reviews: list[dict[str, Any]]) -> dict[str, int]:
    outcomes: Counter[str] = Counter()
    for review in reviews:
        answers = race(here.port, review)
        won = [body for status, body in answers if status == 201]
        lost = [body for status, body in answers if status == 409]
        outcomes["one 201 and one 409" if (len(won), len(lost)) == (1, 1) else "SOMETHING ELSE"] += 1
        if len(won) != 1 or len(lost) != 1:
            continue
        told = lost[0]
        if told["code"] != "already_decided":
            # Who came before the decision hears that the lease is gone; asked again, what was decided.
            outcomes[f"first heard {told['code']}"] += 1
            told = post(here.port, review["sides"][1])[1]
        knows = told["code"] == "already_decided" and told["decision"] == won[0]["decision"]
        outcomes["the loser knows the winner's decision" if knows else "THE LOSER KNOWS NOTHING"] += 1
        outcomes[f"{won[0]['decision']} won"] += 1
    return dict(outcomes)


def race(port: int, review: dict[str, Any]) -> list[tuple[int, Any]]:
    start = threading.Barrier(2)

    def decide(side: dict[str, Any]) -> tuple[int, Any]:
        start.wait(10)
        return post(port, side)

    sides = review["sides"] if random.random() < 0.5 else review["sides"][::-1]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(decide, sides))


def post(port: int, side: dict[str, Any]) -> tuple[int, Any]:
    headers = {**side["headers"], "Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", side["path"], json.dumps(side["body"]), headers)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


if __name__ == "__main__":
    main()
