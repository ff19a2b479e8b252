from django.urls import path

from quality.api import benchmarks, issues, performance, review, rules, skills, vendors

urlpatterns = [
    path("reviews/<uuid:uid>/decide/", review.Decide.as_view(), name="api-slot-decide"),
    path("rows/<uuid:uid>/issues/", issues.IssuesOfRow.as_view(), name="api-row-issues"),
    path("projects/<uuid:uid>/issues/", issues.IssuesOfProject.as_view(), name="api-project-issues"),
    path(
        "projects/<uuid:uid>/performance/", performance.PerformanceOfProject.as_view(), name="api-project-performance"
    ),
    path("projects/<uuid:uid>/benchmarks/", benchmarks.BenchmarksOfProject.as_view(), name="api-benchmarks"),
    path("projects/<uuid:uid>/benchmark-policy/", benchmarks.PolicyOfProject.as_view(), name="api-benchmark-policy"),
    path("projects/<uuid:uid>/accuracy/", benchmarks.AccuracyOfProject.as_view(), name="api-accuracy"),
    path("rows/<uuid:uid>/benchmark/", benchmarks.BenchmarkOfRow.as_view(), name="api-row-benchmark"),
    path("rows/<uuid:uid>/benchmark/accept/", benchmarks.AcceptAnswer.as_view(), name="api-row-benchmark-accept"),
    path("rows/<uuid:uid>/benchmark/decide/", benchmarks.DecideGold.as_view(), name="api-row-benchmark-decide"),
    path("rows/<uuid:uid>/benchmark/draw/", benchmarks.DrawGold.as_view(), name="api-row-benchmark-draw"),
    path("issues/<uuid:uid>/", issues.IssueDetail.as_view(), name="api-issue"),
    path("issues/<uuid:uid>/comments/", issues.Comments.as_view(), name="api-issue-comment"),
    path("issues/<uuid:uid>/resolve/", issues.Resolve.as_view(), name="api-issue-resolve"),
    path("issues/<uuid:uid>/reopen/", issues.Reopen.as_view(), name="api-issue-reopen"),
    path("skill-names/", skills.SkillNames.as_view(), name="api-skill-names"),
    path("skills/imports/", skills.SkillFiles.as_view(), name="api-skill-imports"),
    path("people/<uuid:uid>/skills/", skills.SkillsOfMember.as_view(), name="api-person-skills"),
    path("people/<uuid:uid>/computed-skills/", skills.ComputedSkillsOfMember.as_view(), name="api-computed-skills"),
    path("skill-names/<uuid:uid>/source/", skills.SourceOfSkill.as_view(), name="api-skill-source"),
    path("projects/<uuid:uid>/minimum-skills/", skills.MinimumsOfProject.as_view(), name="api-minimum-skills"),
    path("minimum-skills/<uuid:uid>/", skills.MinimumByUid.as_view(), name="api-minimum-skill"),
    path("projects/<uuid:uid>/quality-rules/", rules.RulesOfProject.as_view(), name="api-quality-rules"),
    path("projects/<uuid:uid>/rule-acts/", rules.ActsOfRules.as_view(), name="api-rule-acts"),
    path("quality-rules/<uuid:uid>/", rules.RuleByUid.as_view(), name="api-quality-rule"),
    path("quality-rules/<uuid:uid>/try/", rules.TryRule.as_view(), name="api-quality-rule-try"),
    path("quality-rules/<uuid:uid>/switch/", rules.SwitchRule.as_view(), name="api-quality-rule-switch"),
    path("vendors/", vendors.Vendors.as_view(), name="api-vendors"),
    path("vendors/<uuid:uid>/people/", vendors.PeopleOfVendor.as_view(), name="api-vendor-people"),
    path("vendors/<uuid:uid>/projects/", vendors.ProjectsOfVendor.as_view(), name="api-vendor-projects"),
    path("vendors/<uuid:uid>/queue/", vendors.QueueOfVendor.as_view(), name="api-vendor-queue"),
    path("vendors/<uuid:uid>/labels/", vendors.LabelsOfVendor.as_view(), name="api-vendor-labels"),
    path("vendors/<uuid:uid>/performance/", vendors.PerformanceOfVendor.as_view(), name="api-vendor-performance"),
    path("vendors/<uuid:uid>/issues/", vendors.IssuesOfVendor.as_view(), name="api-vendor-issues"),
]
