"""The CI systems that there are."""

from collections.abc import Mapping

from dinp.pipelines import arc, argo, buildkite, gitlab, jenkins, tekton
from dinp.pipelines.pipeline import Pipeline

PIPELINES: Mapping[str, Pipeline] = {
    "jenkins": jenkins,
    "gitlab": gitlab,
    "tekton": tekton,
    "arc": arc,
    "argo": argo,
    "buildkite": buildkite,
}
