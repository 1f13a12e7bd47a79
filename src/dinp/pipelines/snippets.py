"""A service spec to a snippet for a CI system, or to the pod that the snippet leads to."""

from __future__ import annotations

from dinp.model.pod import Object
from dinp.model.problem import BadInputError, Problem
from dinp.model.service_spec import Form, ServiceSpec
from dinp.model.value import replace
from dinp.pipelines.all_pipelines import PIPELINES
from dinp.pipelines.client import parts_for, pod_of
from dinp.pipelines.example_step import example_step
from dinp.pipelines.pipeline import Pipeline, Request, Snippet, Style
from dinp.topologies.agent_image import agent_image_notes


def snippet_of(system: str, style: str | None, spec: ServiceSpec, *, form_is_said: bool) -> Snippet:
    """The snippet.

    Args:
        system: a name of `PIPELINES`.
        style: one of the system's styles; None for its usual one.
        spec: the service.
        form_is_said: whether the user named the form; otherwise the system's usual one is taken.

    Raises:
        BadInputError: the system has no such style, or cannot have such a sidecar; says why.
    """
    pipeline = PIPELINES[system]
    chosen = _style(system, pipeline, style)
    fitting = _with_form(pipeline, spec, form_is_said=form_is_said)
    client = pipeline.client(fitting)
    step = example_step(fitting)
    snippet = pipeline.snippet(Request(chosen, fitting.form, client, parts_for(client, fitting), step))
    return replace(snippet, notes=(*snippet.notes, *step.notes, *agent_image_notes(fitting)))


def pod_behind(system: str, spec: ServiceSpec, *, form_is_said: bool) -> Object:
    """The pod that the system makes of its snippet, as far as Docker is concerned.

    Raises:
        BadInputError: as `snippet_of`.
    """
    pipeline = PIPELINES[system]
    fitting = _with_form(pipeline, spec, form_is_said=form_is_said)
    client = pipeline.client(fitting)
    return pod_of(f"dinp-{system}", client, parts_for(client, fitting))


def _style(system: str, pipeline: Pipeline, name: str | None) -> Style:
    if name is None:
        return pipeline.STYLES[0]
    for style in pipeline.STYLES:
        if style.name == name:
            return style
    names = ", ".join(style.name for style in pipeline.STYLES)
    sentence = f"{pipeline.TITLE} has no style {name!r} here."
    raise BadInputError(Problem("pipeline-style", sentence, f"`dinp pipeline {system}` takes --style {names}."))


def _with_form(pipeline: Pipeline, spec: ServiceSpec, *, form_is_said: bool) -> ServiceSpec:
    if not form_is_said:
        return replace(spec, form=pipeline.FORMS[0])
    if spec.form in pipeline.FORMS:
        return spec
    fitting: Form = pipeline.FORMS[0]
    sentence = f"The form {spec.form.value!r} does not work with {pipeline.TITLE}: {pipeline.WITHOUT[spec.form]}."
    remedy = f"Leave `form` out, or say `form: {fitting.value}`."
    raise BadInputError(Problem("pipeline-form", sentence, remedy))
