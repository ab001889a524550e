"""Routes of the life of types and versions: components, checks against reality, proposals, the trail of changes.

They stand before the others: ``types/factstorm.X/`` is a built-in type of facts, not one of the workspace's.
"""

from django.urls import path

from eventcatalog import (
    api_components,
    api_proposals,
    api_reality,
    api_words,
    converters,  # noqa: F401 - registers the converters, before the paths that use them
)
from eventcatalog.views import components, diagrams, lists, proposals, reality, versions, words

TYPE = "catalog/types/<type_name:name>"
COMPONENT = "catalog/components/<type_name:name>"

page_patterns = [
    path("catalog/components/", components.components, name="components"),
    path("catalog/components/new/", components.new_component, name="new-component"),
    path(f"{COMPONENT}/", components.component, name="component"),
    path(f"{COMPONENT}/versions/new/", components.new_component_version, name="new-component-version"),
    path("catalog/proposals/", proposals.proposals, name="proposals"),
    path("catalog/proposals/new/", lists.propose_new_type, name="propose-type"),
    path("catalog/proposals/<int:number>/", proposals.proposal, name="proposal"),
    path("catalog/proposals/<int:number>/edit/", proposals.change, name="change-proposal"),
    path("catalog/proposals/<int:number>/<decision:decision>/", proposals.decide, name="decide"),
    path("catalog/changes/", proposals.audit, name="audit"),
    path("catalog/types/<fact_name:name>/", proposals.fact_type, name="fact-type"),
    path("catalog/types/<fact_name:name>/versions/<semver:version>/", proposals.fact_type, name="fact-type-version"),
    path(f"{TYPE}/diff/", words.diff, name="diff"),
    path(f"{TYPE}/examples/", words.examples, name="examples"),
    path("catalog/about/<about_kind:about>/<type_name:subject>/", words.about, name="about"),
    path("catalog/about/<about_kind:about>/<type_name:subject>/edit/", words.edit_about, name="edit-about"),
    path("catalog/diagrams/frame/", diagrams.frame, name="diagram-frame"),
    path("catalog/glossary/", words.glossary, name="glossary"),
    path("catalog/glossary/terms/", words.define, name="define"),
    path("catalog/reality-checks/<uuid:check>/", reality.reality_check, name="reality-check"),
    path(f"{TYPE}/versions/proposal/", versions.propose, name="propose-version"),
]

api_patterns = [
    path("catalog/components", api_components.Components.as_view(), name="components"),
    path(COMPONENT, api_components.OneComponent.as_view(), name="component"),
    path(f"{COMPONENT}/versions", api_components.ComponentVersions.as_view(), name="component-versions"),
    path(f"{COMPONENT}/versions/check", api_components.ComponentCheck.as_view(), name="component-check"),
    path(
        f"{COMPONENT}/versions/<semver:version>/schema",
        api_components.OneComponentVersion.as_view(),
        name="component-version",
    ),
    path(f"{TYPE}/reality-checks", api_reality.RealityChecks.as_view(), name="reality-checks"),
    path("catalog/reality-checks/<uuid:check>", api_reality.OneRealityCheck.as_view(), name="reality-check"),
    path("catalog/proposals", api_proposals.Proposals.as_view(), name="proposals"),
    path("catalog/proposals/<int:proposal>", api_proposals.OneProposal.as_view(), name="proposal"),
    path(
        "catalog/proposals/<int:proposal>/<decision:decision>",
        api_proposals.ProposalDecision.as_view(),
        name="proposal-decision",
    ),
    path(f"{TYPE}/diff", api_words.Difference.as_view(), name="diff"),
    path(f"{TYPE}/fields", api_words.Fields.as_view(), name="fields"),
    path(f"{TYPE}/versions/<semver:version>/examples", api_words.Examples.as_view(), name="examples"),
    path(f"{TYPE}/versions/<semver:version>/examples/<int:example>", api_words.OneExample.as_view(), name="example"),
    path("catalog/about/<about_kind:about>/<type_name:subject>", api_words.AboutThing.as_view(), name="about"),
    path("catalog/glossary", api_words.Glossary.as_view(), name="glossary"),
    path("catalog/glossary/<slug:slug>", api_words.OneTerm.as_view(), name="term"),
    path("catalog/audit", api_proposals.Audit.as_view(), name="audit"),
    path("catalog/audit/types", api_proposals.FactTypes.as_view(), name="fact-types"),
]
