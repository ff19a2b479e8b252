"""The quiz: versions that stay, attempts that count once, and right options that nobody is told."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from labeling import guidelines
from quality import quizzes
from quality.events import quiz_taken
from quality.models import QuizAttempt, QuizVersion
from quality.quizzes import QuizSettings
from tests.line import Line
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, ClockTimestamp, Person

pytestmark = pytest.mark.django_db

Answers = dict[str, list[str]]


def question(text: str, *options: str, right: tuple[str, ...], rule: str = "") -> dict[str, Any]:
    choices = [{"text": one, "is_right": one in right} for one in options]
    return {"text": text, "options": choices, "explanation": f"Because of {text}", "rule": rule}


QUESTIONS = (
    question("Is a van a car?", "Yes it is", "No it is not", right=("Yes it is",)),
    question("What is marked?", "Cars", "Bikes", "Trucks", "Trees", right=("Cars", "Trucks")),
    question("How tight?", "One pixel", "Ten pixels", "As you like", right=("One pixel",)),
)
ANY_TIME = QuizSettings(pass_bar=0.6, most_tries=2, wait_minutes=0)


def publish(
    line: Line, *, settings: QuizSettings = ANY_TIME, after: int = 0, questions: Any = QUESTIONS
) -> QuizVersion:
    return quizzes.publish_quiz(line.cast.pia, line.project, questions=questions, settings=settings, after=after)


def answers(version: QuizVersion, wrong: tuple[int, ...] = ()) -> Answers:
    """Right to every question but those named by their place in the version."""
    found = {}
    for at, one in enumerate(version.questions):
        wanted = [option["uid"] for option in one["options"] if option["is_right"] != (at in wrong)]
        found[one["uid"]] = wanted if at not in wrong else wanted[:1]
    return found


def take(
    person: Person, line: Line, version: QuizVersion, *, number: int = 1, wrong: tuple[int, ...] = ()
) -> QuizAttempt:
    return quizzes.take_quiz(
        person, line.project, version=version.number, number=number, answers=answers(version, wrong)
    )


def code_of(refused: Any) -> str:
    with pytest.raises((RuleViolation, InvalidInput)) as refusal:
        refused()
    return refusal.value.code


# --- Publish ------------------------------------------------------------------------------------------------------
def test_a_version_stays_cites_its_rule_and_the_next_takes_its_place(line: Line) -> None:
    rules = [{"title": "Tight", "text": "One pixel of air."}]
    rule = guidelines.publish_version(line.cast.pia, line.project, text="# Cars", rules=rules, after=0).rules[0]
    assert not quizzes.has_quiz(line.project)
    cited = question("How tight?", "One pixel", "Ten", right=("One pixel",), rule=rule["uid"])
    first = publish(line, questions=[cited])
    assert (first.questions[0]["rule"], first.questions[0]["rule_title"]) == (rule["uid"], "1 · Tight")
    assert quizzes.has_quiz(line.project)
    audit = AuditEvent.objects.get(action="quiz.published")
    assert (audit.actor, audit.after["number"], audit.after["pass_bar"]) == (line.cast.pia, 1, 0.6)
    assert code_of(lambda: publish(line)) == "quiz_moved_on"
    second = publish(line, after=1)
    assert quizzes.newest_version(line.project) == second
    with pytest.raises(IntegrityError), transaction.atomic():
        QuizVersion.objects.filter(pk=first.pk).update(pass_bar=0.1)
    quizzes.retire_quiz(line.cast.pia, line.project)
    assert not quizzes.has_quiz(line.project) and quizzes.turn_of(line.cast.lena, line.project) is None
    assert code_of(lambda: quizzes.retire_quiz(line.cast.pia, line.project)) == "no_quiz"
    assert code_of(lambda: take(line.cast.lena, line, second)) == "no_quiz"
    publish(line, after=2)
    assert quizzes.has_quiz(line.project)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (question("", "a", "b", right=("a",)), "text_length"),
        (question("x", "a", right=("a",)), "options_invalid"),
        (question("x", *"abcdefghi", right=("a",)), "options_invalid"),
        (question("x", "a", "b", right=()), "no_right_option"),
        (question("x", "a", "a ", right=("a",)), "option_twice"),
        (question("x", "a", "b\x00", right=("a",)), "nul_character"),
        (question("x", "a", "b", right=("a",), rule="no rule"), "unknown_rule"),
    ],
)
def test_a_wrong_question_is_named(line: Line, wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        publish(line, questions=[QUESTIONS[0], wrong])
    assert refusal.value.code == code
    assert refusal.value.message.startswith("Question 2")
    assert not QuizVersion.objects.exists()


def test_who_may_publish_take_and_see(line: Line) -> None:
    cast = line.cast
    for person in (cast.lena, cast.eva, cast.wim, cast.tom):
        with pytest.raises(NotAllowed):
            quizzes.publish_quiz(person, line.project, questions=QUESTIONS, settings=ANY_TIME, after=0)
    with pytest.raises(NotFound):
        quizzes.publish_quiz(cast.otto, line.project, questions=QUESTIONS, settings=ANY_TIME, after=0)
    version = publish(line)
    for person in (cast.pia, cast.rita, cast.wim):
        with pytest.raises(NotAllowed):
            take(person, line, version)
    with pytest.raises(NotFound):
        quizzes.turn_of(cast.otto, line.project)
    for person in (cast.lena, cast.leo, cast.vera):
        take(person, line, version)
    seen = {
        person.name: {one.person for one in quizzes.attempts_visible_to(person, line.project)}
        for person in (cast.pia, cast.tom, cast.leo, cast.vera, cast.vito, cast.otto, cast.nora)
    }
    assert seen == {
        cast.pia.name: {cast.lena, cast.leo, cast.vera},
        cast.tom.name: {cast.lena},
        cast.leo.name: {cast.leo},
        cast.vera.name: {cast.vera},
        cast.vito.name: {cast.vera},
        cast.otto.name: set(),
        cast.nora.name: set(),
    }
    with pytest.raises(NotAllowed):
        quizzes.versions_visible_to(cast.eva, line.project)


# --- Take it ------------------------------------------------------------------------------------------------------
def test_a_failed_attempt_says_why_and_keeps_what_is_right(line: Line) -> None:
    heard: list[QuizAttempt] = []

    def listen(sender: Any, attempt: QuizAttempt, **_: Any) -> None:
        heard.append(attempt)

    quiz_taken.connect(listen)
    version, lena = publish(line), line.cast.lena
    first = take(lena, line, version, wrong=(0, 1))
    assert (first.share, first.is_passed, quizzes.has_passed(lena, line.project)) == (
        pytest.approx(1 / 3),
        False,
        False,
    )
    lines = {one.text: one for one in quizzes.result_of(first)}
    assert [one.is_right for one in lines.values()].count(True) == 1
    assert all(one.right == [] for one in lines.values())
    assert lines["What is marked?"].explanation == "Because of What is marked?"
    second = take(lena, line, version, number=2, wrong=(1,))
    assert second.is_passed and quizzes.has_passed(lena, line.project)
    assert sorted({one.text: one for one in quizzes.result_of(second)}["What is marked?"].right) == ["Cars", "Trucks"]
    assert code_of(lambda: take(lena, line, version, number=3)) == "quiz_passed"
    assert [(one.person, one.project, one.is_passed) for one in heard] == [
        (lena, line.project, False),
        (lena, line.project, True),
    ]
    quiz_taken.disconnect(listen)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuizAttempt.objects.update(is_passed=True)


def test_tries_and_the_wait_between_them_go_by_the_databases_clock(line: Line) -> None:
    version = publish(line, settings=QuizSettings(pass_bar=1, most_tries=2, wait_minutes=30))
    lena = line.cast.lena
    first = take(lena, line, version, wrong=(0,))
    turn = quizzes.turn_of(lena, line.project)
    assert turn is not None and turn.questions == [] and turn.why_not is not None and turn.tries_left == 1
    assert turn.next_at == QuizAttempt.objects.get(pk=first.pk).made_at + timedelta(minutes=30)
    assert code_of(lambda: take(lena, line, version, number=2)) == "quiz_wait"
    leo = line.cast.leo
    QuizAttempt.objects.create(
        project=line.project,
        version=version,
        person=leo,
        number=1,
        answers={},
        marks={},
        share=0,
        is_passed=False,
        made_at=ClockTimestamp() - timedelta(minutes=31),
    )
    take(leo, line, version, number=2, wrong=(0,))
    assert code_of(lambda: take(leo, line, version, number=3)) == "no_tries_left"


def test_a_pass_holds_until_a_version_asks_everybody_again(line: Line) -> None:
    lena, version = line.cast.lena, publish(line)
    take(lena, line, version)
    publish(line, after=1)
    assert quizzes.has_passed(lena, line.project)
    third = publish(line, after=2, settings=QuizSettings(0.6, 2, 0, asks_again=True))
    assert not quizzes.has_passed(lena, line.project)
    assert code_of(lambda: take(lena, line, version, number=2)) == "quiz_moved_on"
    assert take(lena, line, third, number=2).is_passed


def test_wrong_answers_are_named_and_nothing_is_counted(line: Line) -> None:
    version, lena = publish(line), line.cast.lena
    turn = quizzes.turn_of(lena, line.project)
    assert turn is not None
    places = {one["uid"]: at + 1 for at, one in enumerate(turn.questions)}
    given = answers(version)
    left_out = version.questions[2]["uid"]
    given[left_out] = []
    with pytest.raises(InvalidInput) as refusal:
        quizzes.take_quiz(lena, line.project, version=1, number=1, answers=given)
    assert refusal.value.code == "quiz_incomplete" and f"Question {places[left_out]}:" in refusal.value.message
    assert refusal.value.details["faults"][0]["path"] == f"answers.{left_out}"
    both = {**answers(version), left_out: [option["uid"] for option in version.questions[2]["options"]]}
    foreign = {**answers(version), left_out: [version.questions[0]["options"][0]["uid"]]}
    strange = {**answers(version), "nothing": ["x"]}
    codes = [
        code_of(lambda said=said: quizzes.take_quiz(lena, line.project, version=1, number=1, answers=said))
        for said in (both, foreign, strange)
    ]
    assert codes == ["one_option_only", "unknown_option", "unknown_question"]
    assert not QuizAttempt.objects.exists()


def test_the_order_is_ones_own_and_stays(line: Line) -> None:
    twelve = [question(f"Question {n}?", "yes", "no", "maybe", right=("yes",)) for n in range(12)]
    publish(line, questions=twelve)

    def order(person: Person) -> list[Any]:
        turn = quizzes.turn_of(person, line.project)
        assert turn is not None
        return [(one["text"], [option["text"] for option in one["options"]]) for one in turn.questions]

    assert order(line.cast.lena) == order(line.cast.lena) != order(line.cast.leo)
    assert sorted(text for text, _ in order(line.cast.lena)) == sorted(one["text"] for one in twelve)


def test_sent_again_it_is_the_attempt_that_was_counted(line: Line) -> None:
    version, lena = publish(line), line.cast.lena
    first = take(lena, line, version, wrong=(0,))
    assert take(lena, line, version, wrong=(0,)) == first
    assert code_of(lambda: take(lena, line, version)) == "attempt_counted"
    assert QuizAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_submits_at_once_count_once(line: Line) -> None:
    version, lena = publish(line), line.cast.lena
    barrier, found = threading.Barrier(2), []

    def submit() -> None:
        barrier.wait()
        try:
            found.append(take(lena, line, version).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and len(set(found)) == 1 == QuizAttempt.objects.count()


# --- Pages and API ------------------------------------------------------------------------------------------------
def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_nothing_that_is_right_is_told_before_it_is_passed(line: Line) -> None:
    rules = [{"title": "Tight", "text": "Leave **one** pixel."}]
    rule = guidelines.publish_version(line.cast.pia, line.project, text="# Cars", rules=rules, after=0).rules[0]
    asked_for = [*QUESTIONS[:2], {**QUESTIONS[2], "rule": rule["uid"]}]
    version, client = publish(line, questions=asked_for), signed_in(line.cast.lena)
    page, api = reverse("quiz", args=[line.project.uid]), reverse("api-quiz", args=[line.project.uid])
    shown = client.get(page).content.decode(), client.get(api).content.decode()
    for text in shown:
        assert "Is a van a car?" in text
        assert (
            "Leave <strong>" not in text
            and "is_right" not in text
            and "Because of" not in text
            and "explanation" not in text
        )
    asked = client.get(api).json()["questions"]
    assert {tuple(one) for one in asked} == {("uid", "text", "is_several", "options")}
    # A question left out: said with its number, and what was chosen stays chosen.
    given = answers(version)
    kept = version.questions[0]["uid"]
    form = {"version": "1", "number": "1", f"q-{kept}": given[kept]}
    refused = client.post(page, form)
    assert refused.status_code == 422 and refused.content.decode().count(" checked") == 1
    assert "choose an answer" in refused.content.decode() and not QuizAttempt.objects.exists()
    form |= {f"q-{uid}": chosen for uid, chosen in answers(version, wrong=(1, 2)).items()}
    assert client.post(page, form).status_code == 302
    result = client.get(page).content.decode()
    assert "Rule 1 · Tight" in result and "Leave <strong>one</strong> pixel." in result
    assert "Because of How tight?" in result and "Right: " not in result and "Try again" in result
    assert "Send my answers" in client.get(page + "?try=2").content.decode()
    again = {"version": 1, "number": 2, "answers": [{"question": q, "options": o} for q, o in given.items()]}
    address = reverse("api-quiz-attempts", args=[line.project.uid])
    made = client.post(address, again, content_type="application/json", headers={"Idempotency-Key": "one"})
    assert made.status_code == 201 and made.json()["is_passed"]
    repeated = client.post(address, again, content_type="application/json", headers={"Idempotency-Key": "one"})
    assert repeated.status_code == 200 and repeated.json() == made.json()
    assert [one["share"] for one in client.get(address).json()["results"]] == [1.0, pytest.approx(1 / 3)]
    assert "Passed" in client.get(page).content.decode()


def test_a_manager_writes_it_in_a_plain_form(line: Line) -> None:
    client, page = signed_in(line.cast.pia), reverse("admin:project-quiz", args=[line.project.uid])
    assert client.get(page).content.decode().count("<legend>Question") == 3
    form = {"questions": "3", "after": "0", "pass_percent": "80", "most_tries": "3", "wait_minutes": "5"}
    form |= {"text-0": "Is a van a car?", "option-0-0": "Yes", "option-0-1": "No", "right-0-0": "on"}
    more = client.post(page, {**form, "act": "add"}).content.decode()
    assert more.count("<legend>Question") == 3 and "Is a van a car?" in more and not QuizVersion.objects.exists()
    bad = client.post(page, {**form, "text-1": "How tight?", "act": "publish"})
    assert (
        bad.status_code == 422 and "Question 2 needs" in bad.content.decode() and "How tight?" in bad.content.decode()
    )
    assert client.post(page, {**form, "act": "publish"}).status_code == 302
    version = QuizVersion.objects.get()
    assert (version.pass_bar, version.most_tries, version.wait_minutes, len(version.questions)) == (0.8, 3, 5, 1)
    assert "Version 1 is asked" in client.get(page).content.decode()
    client.post(reverse("admin:project-quiz-retire", args=[line.project.uid]))
    assert not quizzes.has_quiz(line.project)
    api = reverse("api-quiz-versions", args=[line.project.uid])
    body = {"questions": [QUESTIONS[1]], "after": 1}
    made = client.post(api, body, content_type="application/json")
    assert made.status_code == 201 and made.json()["version"] == 2
    assert client.get(api).json()["results"][0]["questions"][0]["options"][0]["is_right"] is True
