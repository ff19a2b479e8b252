"""Votes on a proposed gold or rule, and issues that become rules: who may, who learns of it, and once."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from labeling import guidelines, queue
from labeling.models import Label, ProjectPersonGrant, ProjectRow, Slot
from quality import home, issues, promotions, proposals
from quality.models import Benchmark, Issue, Promotion, Proposal, ProposalVote
from tests.labeling.api.hands import signed_in
from tests.line import Line
from tests.quality.test_issues import ask
from tests.quality.test_notices import told
from tests.quality.test_review import label_row
from workforce import notices
from workforce.errors import InvalidInput, NotAllowed, NotFound, RuleViolation
from workforce.models import AuditEvent, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def label(line: Line) -> Label:
    """Of Lena, the only one that the row wants: nobody may still label it."""
    return label_row(line.cast.lena, line)


@pytest.fixture
def issue(line: Line, label: Label) -> Issue:
    found = ask(line.cast.lena, label.project_row, "Does a mirror count?")
    issues.comment(line.cast.rita, found, "It is a part of the car.")
    return issues.thread_of(line.cast.ada, str(found.uid))


def propose(line: Line, issue: Issue, **values: Any) -> Proposal:
    return proposals.propose_rule(line.cast.rita, issue, title="Mirrors count", text="Draw them too.", **values)


def code_of(act: Any) -> str:
    with pytest.raises((RuleViolation, InvalidInput)) as refusal:
        act()
    return refusal.value.code


# --- A rule -------------------------------------------------------------------------------------------------------
def test_a_vote_from_the_proposal_to_the_rule(line: Line, issue: Issue) -> None:
    cast = line.cast
    proposal = propose(line, issue)
    assert code_of(lambda: propose(line, issue)) == "proposal_open"
    proposals.vote(cast.eva, proposal, is_yes=False, reason="Too small.")
    # Nobody reads the others' before the own vote; a labeler votes about nothing.
    (before,) = proposals.ballots_of(cast.pia, issue)
    assert before.given is None and before.may_vote and before.may_close
    (of_lena,) = proposals.ballots_of(cast.lena, issue)
    assert (of_lena.given, of_lena.may_vote, of_lena.may_close) == (None, False, False)
    for other in (cast.lena, cast.tom, cast.wim):
        with pytest.raises((NotAllowed, NotFound)):
            proposals.vote(other, proposal, is_yes=True, reason="")
    proposals.vote(cast.pia, proposal, is_yes=True, reason="")
    proposals.vote(cast.eva, proposal, is_yes=True, reason="Agreed.")
    proposals.vote(cast.eva, proposal, is_yes=True, reason="Agreed.")
    (after,) = proposals.ballots_of(cast.pia, issue)
    assert after.given is not None and (after.yes_count, after.no_count) == (2, 0)
    assert {(one.voter, one.reason, one.changes) for one in after.given} == {
        ("Pia Peters", "", 0),
        ("Eva Egger", "Agreed.", 1),
    }
    assert ProposalVote.objects.count() == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        ProposalVote.objects.update(is_yes=False)
    for other in (cast.rita, cast.eva):
        with pytest.raises(NotAllowed):
            proposals.close(other, proposal, is_accepted=True)
    closed = proposals.close(cast.pia, proposal, is_accepted=True, words="So be it.")
    assert (closed.state, closed.yes_count, closed.no_count, closed.closed_by) == ("accepted", 2, 0, cast.pia)
    version = guidelines.newest_version(line.project)
    assert version is not None and version.rules[0]["title"] == "Mirrors count"
    issue.refresh_from_db()
    assert issue.state == Issue.State.RESOLVED and Promotion.objects.get().rule_number == 1
    assert code_of(lambda: proposals.vote(cast.max, proposal, is_yes=True, reason="")) == "proposal_closed"
    assert code_of(lambda: proposals.close(cast.ada, proposal, is_accepted=False)) == "proposal_closed"
    done = list(AuditEvent.objects.filter(action__startswith="proposal.").values_list("action", flat=True))
    assert sorted(done) == ["proposal.closed", "proposal.made", *["proposal.voted"] * 3]


def test_those_of_the_thread_are_asked_for_their_vote(line: Line, issue: Issue) -> None:
    cast = line.cast
    issues.comment(cast.eva, issue, "I think so too.")
    propose(line, issue)
    wanted = f"Rita Rossi asks for your vote in issue 1 of {line.project.name}"
    assert told(cast.eva)[0] == wanted
    assert wanted not in told(cast.lena) + told(cast.rita) + told(cast.pia)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_at_once_one_does(line: Line, issue: Issue) -> None:
    proposal, start = propose(line, issue), threading.Barrier(4)

    def close(turn: int) -> str:
        try:
            start.wait(10)
            actor = (line.cast.pia, line.cast.max)[turn % 2]
            proposals.close(actor, proposal, is_accepted=turn < 2)
        except RuleViolation as refusal:
            return refusal.code
        finally:
            connection.close()
        return "closed"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(close, range(4)))
    assert answers == ["closed", *["proposal_closed"] * 3]
    assert AuditEvent.objects.filter(action="proposal.closed").count() == 1
    proposal.refresh_from_db()
    assert Promotion.objects.count() == (proposal.state == "accepted")


# --- Gold ---------------------------------------------------------------------------------------------------------
def test_gold_is_proposed_voted_about_and_made_by_those_who_may_know_of_it(line: Line, issue: Issue) -> None:
    cast, label = line.cast, Label.objects.get()
    for other in (cast.rita, cast.lena, cast.wim, cast.tom):
        with pytest.raises((NotAllowed, NotFound)):
            proposals.propose_gold(other, issue, label=str(label.uid))
    for wrong in (str(uuid.uuid4()), "x", ""):
        assert code_of(lambda wrong=wrong: proposals.propose_gold(cast.eva, issue, label=wrong)) == "unknown_label"
    proposal = proposals.propose_gold(cast.eva, issue, label=str(label.uid), text="Every mirror is in it.")
    # It is no secret to a viewer of benchmarks; to whoever may not know of one there is nothing.
    for blind in (cast.rita, cast.lena):
        assert proposals.ballots_of(blind, issue) == []
        with pytest.raises(NotFound):
            proposals.proposal_for(blind, str(proposal.uid))
    assert not Event.objects.filter(stream=f"issue:{issue.uid}", kind="issue_vote").exists()
    assert not [line for line in told(cast.rita) if "vote" in line]
    proposals.vote(cast.max, proposal, is_yes=True, reason="")
    with pytest.raises(NotAllowed):
        proposals.close(cast.wim, proposal, is_accepted=True)
    closed = proposals.close(cast.eva, proposal, is_accepted=True)
    gold = Benchmark.objects.get(project_row=label.project_row)
    assert (closed.yes_count, gold.gold.made_from, gold.rationale) == (1, label, "Every mirror is in it.")
    # Proposed and accepted once more, it is the next version of the same gold.
    proposals.close(
        cast.eva, proposals.propose_gold(cast.eva, issue, label=str(label.uid), text="Again."), is_accepted=True
    )
    assert Benchmark.objects.count() == 1 and Label.objects.get(pk=gold.gold_id).last_version == 2


def test_who_may_still_label_the_row_learns_of_no_proposed_gold(line: Line, issue: Issue) -> None:
    cast, label = line.cast, Label.objects.get()
    proposal = proposals.propose_gold(cast.eva, issue, label=str(label.uid))
    Slot.objects.create(
        project=line.project, project_row=label.project_row, kind=Slot.Kind.LABEL, order_key=1, priority=1
    )
    assert proposals.ballots_of(cast.eva, issue) == [] and len(proposals.ballots_of(cast.pia, issue)) == 1
    with pytest.raises(NotFound):
        proposals.vote(cast.eva, proposal, is_yes=True, reason="")
    assert proposals.labels_to_propose(cast.eva, issue) == []
    with pytest.raises((RuleViolation, NotAllowed)):
        proposals.propose_gold(cast.eva, issue, label=str(label.uid))


def test_people_of_a_vendor_have_no_part_in_gold(line: Line, issue: Issue) -> None:
    cast, label = line.cast, Label.objects.get()
    expert = ProjectPersonGrant.objects.get(user=cast.eva)
    ProjectPersonGrant.objects.create(
        content_object=line.project, user=cast.vera, permission=expert.permission, granted_by=cast.ada
    )
    proposal = proposals.propose_gold(cast.eva, issue, label=str(label.uid))
    with pytest.raises(NotFound):
        proposals.vote(cast.vera, proposal, is_yes=True, reason="")
    with pytest.raises(NotAllowed):
        proposals.propose_gold(cast.vera, issue, label=str(label.uid))
    proposals.close(cast.eva, proposal, is_accepted=False)
    proposals.propose_rule(cast.vera, issue, title="Mirrors", text="")
    (shown,) = proposals.ballots_of(cast.vera, issue)
    assert shown.may_vote


def test_a_stranger_finds_none(line: Line, issue: Issue) -> None:
    proposal = propose(line, issue)
    client = signed_in(line.cast.otto)
    for name, uid, body in (
        ("api-proposal-vote", proposal.uid, {"choice": "yes"}),
        ("api-proposal-close", proposal.uid, {"choice": "accept"}),
        ("api-issue-proposals", issue.uid, {"kind": "rule", "title": "x"}),
        ("api-issue-promote", issue.uid, {"title": "x", "after": 0}),
    ):
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        assert client.post(reverse(name, args=[uid]), body, format="json", headers=headers).status_code == 404


# --- An issue becomes a rule ----------------------------------------------------------------------------------------
def test_an_issue_becomes_a_rule_and_everybody_is_told(line: Line, issue: Issue) -> None:
    cast = line.cast
    guidelines.publish_version(cast.pia, line.project, text="# Cars", rules=[{"title": "Tight boxes"}], after=0)
    draft = promotions.draft_of(cast.pia, issue)
    assert (draft.title, draft.text, draft.after) == ("Does a mirror count?", "It is a part of the car.", 1)
    for other in (cast.rita, cast.eva, cast.lena):
        with pytest.raises(NotAllowed):
            promotions.promote(other, issue, title="x", text="", after=1)
    said = {"title": "Mirrors count", "text": "They are a part of the car."}
    assert code_of(lambda: promotions.promote(cast.pia, issue, **said, after=0)) == "guidelines_moved_on"
    made = promotions.promote(cast.pia, issue, **said, after=1)
    assert code_of(lambda: promotions.promote(cast.pia, issue, **said, after=2)) == "promoted_already"
    version = guidelines.newest_version(line.project)
    assert version is not None and version.text == "# Cars" and made.version == version
    assert [(rule["number"], rule["title"]) for rule in version.rules] == [(1, "Tight boxes"), (2, "Mirrors count")]
    issue.refresh_from_db()
    assert issue.state == Issue.State.RESOLVED and issue.resolved_by == cast.pia
    assert AuditEvent.objects.filter(action="issue.promoted", target_uid=issue.uid).count() == 1
    # Everybody who works here is told, and reads it before the next row.
    published = f"Pia Peters published version 2 of the guidelines of {line.project.name}"
    assert all(published in told(person) for person in (cast.lena, cast.leo, cast.rita, cast.eva))
    found = notices.in_words(cast.lena, list(notices.notices_of(cast.lena)))
    assert [one.excerpt for one in found if "a rule of the guidelines" in one.sentence] == ["Now rule 2: Mirrors count"]
    claim = queue.lease_next_rows(cast.leo, line.project)
    assert claim.empty is not None and claim.empty.code == "guidelines_unread"
    # Home says so large, and the rule leads back to the issue of whoever may read it.
    ((asked, rule),) = home.home_of(cast.lena).rules
    assert (asked, rule.rule_number) == (issue, 2) and home.home_of(cast.leo).rules == []
    pages = {}
    for person in (cast.lena, cast.leo):
        client = Client()
        client.force_login(person)
        pages[person.name] = client.get(reverse("guidelines", args=[line.project.uid])).content.decode()
    assert f"/my-issues/{issue.uid}/" in pages["Lena Lund"] and str(issue.uid) not in pages["Leo Lang"]


def test_the_opener_of_a_duplicate_sees_the_rule_too(line: Line, issue: Issue) -> None:
    cast = line.cast
    row = ProjectRow.objects.filter(project=line.project).latest("pk")
    again = ask(cast.rita, row, "The mirror?")
    Issue.objects.filter(pk=again.pk).update(state="duplicate", duplicate_of=issue, opened_by=cast.rita)
    promotions.promote(cast.pia, issue, title="Mirrors count", text="", after=0)
    ((asked, rule),) = promotions.promotions_told_to(cast.rita)
    assert (asked.pk, rule.issue_id) == (again.pk, issue.pk)
    assert any("issue 2" in line for line in told(cast.rita))
    again.refresh_from_db()
    assert code_of(lambda: promotions.promote(cast.pia, again, title="x", text="", after=1)) == "issue_is_duplicate"


def test_the_pages_of_a_decision(line: Line, issue: Issue) -> None:
    """A reviewer proposes and votes on the page of labelers, a lead sees it in the admin and makes it a rule there."""
    rita, pia, key = Client(), Client(), "one"
    rita.force_login(line.cast.rita)
    pia.force_login(line.cast.pia)
    here = reverse("my-issue", args=[issue.uid])
    assert "Propose a rule" in rita.get(here).content.decode()
    form = {"kind": "rule", "title": "Mirrors count", "text": "Draw them.", "key": key}
    for _ in range(2):
        answer = rita.post(reverse("issue-propose", args=[issue.uid]), form)
        assert (answer.status_code, answer.headers["Location"]) == (302, here)
    proposal = Proposal.objects.get()
    rita.post(reverse("proposal-vote", args=[proposal.uid]), {"choice": "yes", "reason": "Clear."})
    page = rita.get(here).content.decode()
    assert "1 yes, 0 no" in page and "Close the vote" not in page
    there = reverse("admin:issue", args=[issue.uid])
    page = pia.get(there).content.decode()
    assert "What others voted shows after your own vote." in page and "Close the vote" in page
    pia.post(reverse("proposal-close", args=[proposal.uid]), {"choice": "decline", "words": "Not yet."})
    promote = reverse("admin:issue-promote", args=[issue.uid])
    assert "It is a part of the car." in pia.get(promote).content.decode()
    rule = {"title": "Mirrors", "text": "Draw them.", "after": "0", "key": "two"}
    for _ in range(2):
        assert pia.post(promote, rule).headers["Location"] == there
    assert "Became" in pia.get(there).content.decode() and Promotion.objects.count() == 1
    assert "rule 1" in rita.get(here).content.decode()
    assert pia.get(promote).status_code == 409
