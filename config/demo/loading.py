"""Load the demo: an organization, its people, a project on real photographs, a simulated crew's work, some reviews.

Facts of the past (submit times, active time) are written as they would have come in; everything after that runs
through the same rules as real work. Only an empty database takes the demo."""

import io
import random
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib.resources import files
from typing import Any

from django.db import transaction
from PIL import Image

from config.demo.crew import CREW, Skill, opinion, seconds
from config.demo.photographs import LABELED, LIGHT, ONTOLOGY, PRACTICE, SHOWS, WAITING, Photograph
from labeling import (
    batches,
    class_tallies,
    datasets,
    labels,
    ontologies,
    overlap,
    project_access,
    projects,
    queue,
    work_time,
)
from labeling.assets import take_picture
from labeling.data_rows import NewRow, add_rows
from labeling.events import label_submitted, session_ended
from labeling.models import (
    DataRow,
    Label,
    LabelVersion,
    OntologyVersion,
    Project,
    ProjectRow,
    Slot,
    WorkInterval,
    WorkSession,
)
from labeling.projects import ProjectSettings
from labeling.rows import move_row
from quality import (
    appeals,
    benchmarks,
    consensus,
    issue_views,
    issues,
    practice,
    proposals,
    quizzes,
    review,
    review_steps,
)
from quality.models import LabelScore
from quality.review_steps import LooksAt, Step
from workforce import organizations, people, teams
from workforce.idempotency import Answer
from workforce.models import Membership, Organization, Person, Team
from workforce.roles import Role

SEED = "crewline demo"
PACKAGE = "skimage.data"
ACCOUNTS = (
    ("elena", "Elena Marsh", "workforce manager: the admin with dashboard, performance and consensus"),
    ("ada", "Ada Adler", "organization admin: people, teams, tokens, audit log"),
    ("noor", "Noor Haddad", "expert: review and fix what others labeled"),
    ("ines", "Ines Duarte", "reviewer: rows that wait for review"),
    ("sam", "Sam Weber", "labeler: press Start and draw"),
    ("kim", "Kim Lindqvist", "labeler: the same rows in a second browser, then look at the consensus as Elena"),
)
DAYS_BACK = 6


def is_empty() -> bool:
    return not Organization.objects.exists() and not Person.objects.exists()


@transaction.atomic
def load_demo() -> list[tuple[str, str, str]]:
    """Everything of the demo. Returns (e-mail, password, what to try) of each account, the only time in clear."""
    accounts, cast = _people()
    project, version = _project(cast)
    gold = _gold(cast, project, version)
    for name in CREW:
        _work_of(name, cast[name.name], project, version, gold)
    for row in ProjectRow.objects.filter(project=project, pk__in=gold):
        consensus.score_row(row.pk)
    _steps(cast, project)
    _reviews(cast, project, gold)
    _appeals(cast, project)
    _issue(cast, project)
    _learning(cast, project, version)
    _answers(cast, version)
    return accounts


def _people() -> tuple[list[tuple[str, str, str]], dict[str, Person]]:
    cast: dict[str, Person] = {}
    accounts = []
    for key, name, to_try in ACCOUNTS:
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        email = f"{key}@demo.example"
        cast[key] = people.register_person(email=email, name=name, password=password)
        accounts.append((email, password, f"{name}, {to_try}"))
    for number, skill in enumerate(CREW):
        cast[skill.name] = Person.objects.create(
            email=f"simulated-{number + 1}@demo.example", name=skill.name, is_simulated=True
        )
    home = organizations.found_organization("Northlight Labs", cast["ada"])
    organizations.add_member(cast["ada"], home, cast["elena"], role=Membership.Role.WORKFORCE_MANAGER)
    for key in ("noor", "ines", "sam", "kim", *(skill.name for skill in CREW)):
        organizations.add_member(cast["ada"], home, cast[key], role=Membership.Role.MEMBER)
    atelier = teams.create_team(cast["ada"], home, name="Atelier", kind=Team.Kind.INTERNAL)
    teams.set_team_people(cast["ada"], atelier, [cast["sam"], cast["kim"], *(cast[skill.name] for skill in CREW)])
    return accounts, cast


def _project(cast: dict[str, Person]) -> tuple[Project, OntologyVersion]:
    home = Organization.objects.get()
    version = ontologies.create_ontology(cast["elena"], home, name="Things in pictures", document=ONTOLOGY)
    dataset = datasets.create_dataset(
        cast["elena"], home, name="Photographs of scikit-image", description="They ship inside the package."
    )
    for photograph in (*LABELED, *WAITING):
        add_rows(cast["elena"], dataset, [NewRow(photograph.name, take_picture(_bytes_of(photograph)))])
    project = projects.create_project(
        cast["elena"],
        home,
        name="Things in pictures",
        brief="Find people, animals and things, so that a picture search learns to count them.",
        ontology=version.ontology,
        settings=ProjectSettings(
            consensus_share=100, consensus_labels=3, review_share=100, review_of=Project.ReviewOf.EVERY
        ),
    )
    grants = {"noor": Role.EXPERT, "ines": Role.REVIEWER, "sam": Role.LABELER, "kim": Role.LABELER}
    for key, role in {**grants, **{skill.name: Role.LABELER for skill in CREW}}.items():
        project_access.grant_role(cast["ada"], project, cast[key], role=role)
    for name, photographs in (("crew", LABELED), ("yours", WAITING)):
        rows = DataRow.objects.filter(dataset=dataset, external_id__in=[one.name for one in photographs])
        batch = batches.create_batch(cast["elena"], project, rows, name=name)
    # Two people who try it should see a consensus at once: the last batch wants two.
    overlap.change_overlap(cast["elena"], project, {"consensus_labels": 2}, batch=batch)
    return project, version


def _bytes_of(photograph: Photograph) -> io.BytesIO:
    source = files(PACKAGE).joinpath(photograph.file).read_bytes()
    if photograph.crop is None:
        return io.BytesIO(source)
    part = io.BytesIO()
    Image.open(io.BytesIO(source)).crop(photograph.crop).save(part, format="PNG")
    part.seek(0)
    return part


def _gold(cast: dict[str, Person], project: Project, version: OntologyVersion) -> dict[int, dict[str, Any]]:
    """Project row → gold payload; each becomes a benchmark."""
    by_name = {
        row.data_row.external_id: row for row in ProjectRow.objects.filter(project=project).select_related("data_row")
    }
    found = {}
    for photograph in LABELED:
        row = by_name[photograph.name]
        payload = _payload(photograph, version)
        benchmarks.make_benchmark(cast["noor"], row, payload=payload, rationale="Drawn for the demo by hand.")
        found[row.pk] = payload
    return found


def _payload(photograph: Photograph, version: OntologyVersion) -> dict[str, Any]:
    features = {feature["name"]: feature for feature in version.document["features"]}
    made = []
    shapes: list[tuple[str, Mapping[str, Sequence[Any]]]] = [
        ("box", photograph.boxes),
        ("polygon", photograph.polygons),
        ("polyline", photograph.lines),
        ("point", photograph.points),
    ]
    for kind, by_class in shapes:
        for name, values in by_class.items():
            for number, value in enumerate(values):
                nested = (
                    _machine(features[name], photograph.machines[number]) if features[name].get("questions") else []
                )
                made.append(_item(features[name]["uid"], kind, _plain(value), nested))
    made.append(_item(features[LIGHT]["uid"], "radio", photograph.light))
    if photograph.shows:
        made.append(_item(features[SHOWS]["uid"], "checklist", sorted(photograph.shows)))
    return {"features": made, "relations": []}


def _machine(feature: dict[str, Any], answer: tuple[str, str]) -> list[dict[str, Any]]:
    visible, hider = answer
    question = feature["questions"][0]
    below = []
    if hider:
        inner = next(option for option in question["options"] if option["value"] == visible)["questions"][0]
        below = [_item(inner["uid"], "radio", hider)]
    return [_item(question["uid"], "radio", visible, below)]


def _item(uid: str, kind: str, value: Any, nested: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"feature": uid, "kind": kind, "id": str(uuid.uuid4()), "value": value, "nested": nested or []}


def _plain(value: Any) -> Any:
    return [_plain(part) if isinstance(part, tuple) else part for part in value]


def _work_of(
    skill: Skill, person: Person, project: Project, version: OntologyVersion, gold: dict[int, dict[str, Any]]
) -> None:
    """One simulated person's opinions on every gold row, spread over the last days."""
    options = _safe_options(version)
    now = work_time.clock()
    for number, (row_pk, truth) in enumerate(gold.items()):
        row = ProjectRow.objects.select_related("data_row", "project__organization").get(pk=row_pk)
        size = row.data_row.size or (1, 1)
        seed = f"{SEED}:{row.data_row.external_id}"
        payload = opinion(skill, truth, options, size, seed)
        took = seconds(skill, len(payload["features"]), seed)
        at = now - timedelta(days=DAYS_BACK - number * DAYS_BACK / len(gold), minutes=3 * number + skill.pace)
        _past_submit(person, row, version, payload, took=took, at=at)


def _safe_options(version: OntologyVersion) -> dict[str, list[str]]:
    """Question uid → values to be wrong with: those that ask nothing further, so that a slip stays a whole answer."""
    found: dict[str, list[str]] = {}
    waiting = list(version.document["features"])
    while waiting:
        feature = waiting.pop()
        waiting += feature.get("questions") or []
        for option in feature.get("options") or []:
            waiting += option.get("questions") or []
            if not option.get("questions"):
                found.setdefault(feature["uid"], []).append(option["value"])
    return found


def _past_submit(
    person: Person, row: ProjectRow, version: OntologyVersion, payload: dict[str, Any], *, took: float, at: Any
) -> None:
    slot = Slot.objects.filter(project_row=row, kind=Slot.Kind.LABEL, state=Slot.State.OPEN).order_by("pk")[0]
    slot.state, slot.labeler, slot.submitted_at, slot.ontology_version = Slot.State.SUBMITTED, person, at, version
    slot.save(update_fields=["state", "labeler", "submitted_at", "ontology_version"])
    session = WorkSession.objects.create(
        project=row.project,
        slot=slot,
        person=person,
        stage=WorkSession.Stage.LABELING,
        lease_token=-slot.pk,
        outcome=WorkSession.Outcome.SUBMITTED,
        first_beat_at=at - timedelta(seconds=took),
        last_beat_at=at,
        credited_on=work_time.day_in(row.project, at),
        active_seconds=took,
        idle_seconds=0,
    )
    WorkInterval.objects.create(
        session=session,
        person=person,
        started_at=at - timedelta(seconds=took),
        ended_at=at,
        last_input_at=at,
        is_open=False,
    )
    session_ended.send(sender=WorkSession, session=session)
    label = Label.objects.create(project=row.project, project_row=row, slot=slot, labeler=person, created_at=at)
    made = labels.add_version(
        label,
        author=person,
        payload=payload,
        ontology_version=version,
        origin=LabelVersion.Origin.SYNTHETIC,
        active_seconds=took,
    )
    class_tallies.tally([made])
    if row.state == ProjectRow.State.WAITING:
        move_row(row, ProjectRow.State.IN_WORK)
    label_submitted.send(sender=Label, label=label, version=made, actor=person)


# Of 36 labels; the others wait for whoever tries it. What the gold says decides, as a careful expert would.
REVIEWS = 30
GOOD_ENOUGH = 0.75


def _steps(cast: dict[str, Person], project: Project) -> None:
    """Every label is reviewed, and a quarter of what was let through by somebody else once more."""
    first = Step(1, instructions="Is every thing found, and does each box follow its edge?")
    second = Step(
        name="Second review",
        instructions="Look as if nobody had looked before. You are not told what the first review said.",
        looks_at=LooksAt.REVIEWED,
        share=25,
    )
    review_steps.change_steps(cast["elena"], project, [first, second])


def _reviews(cast: dict[str, Person], project: Project, gold: dict[int, dict[str, Any]]) -> None:
    """Most labels were reviewed by the expert; of those far from the gold some were fixed, the others came back."""
    draw = random.Random(SEED)  # noqa: S311  (a simulation, not a secret)
    for number in range(REVIEWS):
        claim = queue.lease_next_rows(cast["noor"], project, kind=Slot.Kind.REVIEW)
        if not claim.slots:
            return
        slot = claim.slots[0]
        score = LabelScore.objects.get(label=slot.label).benchmark or 0
        decision = "approve" if score >= GOOD_ENOUGH else "fix" if number % 2 else "reject"
        _past_look(cast["noor"], slot, draw.uniform(8, 20) if decision == "approve" else draw.uniform(25, 70))
        reasons = [
            {"code": "loose_box", "text": "The box is loose at the edge.", "object": "", "pin": None, "rule": ""}
        ]
        answer = review.decide(
            cast["noor"],
            str(slot.uid),
            token=slot.lease_token or 0,
            version=slot.label.last_version if slot.label else 0,
            decision=decision,
            reasons=reasons if decision == "reject" else [],
            comment="",
            payload=gold[slot.project_row_id] if decision == "fix" else None,
            key=f"demo-{draw.getrandbits(64):x}",
        )
        assert isinstance(answer, Answer)
    for slot in queue.slots_in_hand(project).filter(labeler=cast["noor"]):
        queue.free_slot(slot)


def _appeals(cast: dict[str, Person], project: Project) -> None:
    """Two of those labels are appealed: one was right after all, the other waits for whoever tries it."""
    sent_back = Slot.objects.filter(project=project, state=Slot.State.IN_REWORK).select_related("labeler")
    for number, slot in enumerate(sent_back.order_by("pk")[:2]):
        words = "The edge is blurred there: the box holds all that I can see of it."
        assert slot.labeler is not None
        made = appeals.make_appeal(slot.labeler, str(slot.uid), appeals.Said(words))
        if number == 0:
            held = queue.lease_next_rows(cast["ines"], project, kind=Slot.Kind.REVIEW).slots[0]
            review.decide(
                cast["ines"],
                str(held.uid),
                token=held.lease_token or 0,
                version=made.review.version,
                decision="approve",
                comment="Agreed: nobody could draw it closer.",
                key="demo-appeal",
            )
    for slot in queue.slots_in_hand(project).filter(labeler=cast["ines"]):
        queue.free_slot(slot)


def _past_look(person: Person, slot: Slot, took: float) -> None:
    """So many seconds of work on a leased slot, as heartbeats would have noted them."""
    session, since = work_time.beat(person, slot, has_input=True), work_time.clock() - timedelta(seconds=took)
    WorkSession.objects.filter(pk=session.pk).update(first_beat_at=since)
    WorkInterval.objects.filter(session=session).update(started_at=since)


def _answers(cast: dict[str, Person], version: OntologyVersion) -> None:
    """A second project that asks one question: its answers wait side by side for a reviewer."""
    home = Organization.objects.get()
    question = next(feature for feature in version.document["features"] if feature["name"] == LIGHT)
    asked = {name: value for name, value in question.items() if name != "uid"}
    document = {"features": [{**asked, "options": [_without_uid(one) for one in question["options"]]}]}
    made = ontologies.create_ontology(cast["elena"], home, name="Light of a picture", document=document)
    project = projects.create_project(
        cast["elena"],
        home,
        name="Light of pictures",
        brief="Say of each picture what light it was taken in.",
        ontology=made.ontology,
        settings=ProjectSettings(review_share=100),
    )
    maker = CREW[1]
    for key, role in {"ines": Role.REVIEWER, "sam": Role.LABELER, maker.name: Role.LABELER}.items():
        project_access.grant_role(cast["ada"], project, cast[key], role=role)
    names = [one.name for one in LABELED]
    batch = batches.create_batch(
        cast["elena"], project, DataRow.objects.filter(external_id__in=names, project_rows__isnull=False), name="crew"
    )
    uid, now = made.document["features"][0]["uid"], work_time.clock()
    rows = ProjectRow.objects.filter(batch=batch).select_related("data_row", "project__organization").order_by("pk")
    for number, row in enumerate(rows):
        truth = next(one.light for one in LABELED if one.name == row.data_row.external_id)
        seed = f"{SEED}:light:{row.data_row.external_id}"
        known = {"features": [_item(uid, "radio", truth)], "relations": []}
        answer = opinion(maker, known, _safe_options(made), row.data_row.size or (1, 1), seed)
        took = seconds(maker, 0, seed) / 6
        _past_submit(cast[maker.name], row, made, answer, took=took, at=now - timedelta(minutes=2 * number + 5))


def _without_uid(option: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in option.items() if name != "uid"}


def _issue(cast: dict[str, Person], project: Project) -> None:
    row = ProjectRow.objects.get(project=project, data_row__external_id="astronaut.png")
    issue = issues.open_issue(
        cast["elena"],
        row,
        category="edge_case",
        text="Is the helmet in her arm part of the person, or a thing of its own?",
        pin={"x": 390.0, "y": 430.0},
    )
    issues.comment(
        cast["elena"], issue, "The definition says what she holds is not part of her. Then which class is it?"
    )
    issues.comment(cast["noor"], issue, "A thing of its own, as long as it can be told from the suit.")
    rule = proposals.propose_rule(
        cast["noor"],
        issue,
        title="What a person holds is a thing of its own",
        text="Draw it apart where its edge can be told from the person; leave it out where it cannot.",
    )
    proposals.vote(cast["ines"], rule, is_yes=True, reason="That is how we review it already.")
    oldest_first = {"state": "waiting", "sort": "oldest"}
    issue_views.save_view(cast["elena"], project, name="Waits for an answer", filters=oldest_first, is_shared=True)


# Question, explanation, and its options, the right ones first; how many of them are right.
QUIZ = (
    (
        "An astronaut holds a helmet in her arm. What belongs into the box of the person?",
        "All that is seen of one person, clothes included. What they hold is not part of them.",
        ("The person and the suit", "The person, the suit and the helmet", "Only the face"),
        1,
    ),
    (
        "Which of these get a box of their own on a laid table?",
        "A cup, a saucer, a spoon: each by itself.",
        ("The cup", "The saucer", "The coffee in the cup", "The table"),
        2,
    ),
    (
        "Nothing in a picture belongs to a class. What do you do?",
        "A picture without objects is an answer as well; its questions still want one.",
        ("Answer the questions and submit it", "Skip it", "Draw a box around everything"),
        1,
    ),
)


def _learning(cast: dict[str, Person], project: Project, version: OntologyVersion) -> None:
    """A quiz and a few rows to practise on, which are kept out of the line."""
    questions = [
        {
            "text": text,
            "explanation": explanation,
            "options": [{"text": option, "is_right": at < right} for at, option in enumerate(options)],
        }
        for text, explanation, options, right in QUIZ
    ]
    settings = quizzes.QuizSettings(pass_bar=0.6, most_tries=0, wait_minutes=0)
    quizzes.publish_quiz(cast["elena"], project, questions=questions, settings=settings, after=0)
    dataset = datasets.create_dataset(
        cast["elena"], project.organization, name="Photographs to practise on", description="Out of the line."
    )
    for photograph, explanation in PRACTICE:
        add_rows(cast["elena"], dataset, [NewRow(photograph.name, take_picture(_bytes_of(photograph)))])
        data_row = DataRow.objects.get(dataset=dataset, external_id=photograph.name)
        known = practice.Known(_payload(photograph, version), explanation)
        practice.make_practice_row(cast["noor"], project, data_row, known)
