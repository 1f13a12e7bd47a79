"""Whole files: YAML or JSON text in, the same text with its workloads injected or ejected out, and a report."""

from __future__ import annotations

import json
from collections.abc import Callable

from dinp.injector.eject_pod import eject_pod
from dinp.injector.inject_pod import inject_workload
from dinp.injector.pod_view import PodView
from dinp.injector.targets import Target
from dinp.injector.text_target import TextTarget, nearest
from dinp.injector.vocabulary import Answer, Inject, Reason, Refuse, Skip
from dinp.manifests.edit_text import TextEditor
from dinp.manifests.edit_values import at, edited
from dinp.manifests.edits import Edit, Path, SetValue, SwapEntry, below
from dinp.manifests.layout import indented_lists
from dinp.manifests.places import NotEditableError
from dinp.manifests.yaml_tree import Node, NotYamlError, parse, value
from dinp.model.kube_object import KubeObject, objects
from dinp.model.pod import Json
from dinp.model.problem import BadInputError, Problem
from dinp.model.service_spec import ServiceSpec
from dinp.model.value import Value, replace


class Outcome(Value):
    """What became of a file.

    Attributes:
        text: as it is now.
        report: what happened to each object, a line each, with indented lines for what one should know.
        changed: how many objects were changed.
    """

    text: str
    report: tuple[str, ...]
    changed: int


def inject(text: str, file: str, spec: ServiceSpec) -> Outcome:
    """Give the workloads of a file an engine.

    Raises:
        BadInputError: the file is no YAML, or something in it cannot be injected safely; nothing is changed then.
    """
    return _changed(text, file, "injected", lambda pod, each, target: inject_workload(pod, each, spec, target))


def eject(text: str, file: str) -> Outcome:
    """Take the engines of a file's workloads away again.

    Raises:
        BadInputError: the file is no YAML, or what was injected cannot be recognised any more.
    """
    return _changed(text, file, "ejected", lambda pod, _each, _target: eject_pod(pod))


_Decide = Callable[[PodView, KubeObject, Target], Answer]


def _changed(text: str, file: str, verb: str, decide: _Decide) -> Outcome:
    documents = _parsed(text, file)
    report: list[str] = []
    problems: list[Problem] = []
    edits: list[tuple[Node, Edit]] = []
    changed = 0
    for root in documents:
        for each in objects(value(root)):
            if each.template is None:
                report.append(f"{each}: left alone, it describes no pods that dinp knows")
                continue
            prefix = (*each.path, *each.template)
            pod = at(each.data, each.template)
            view = PodView(pod if isinstance(pod, dict) else {})
            try:
                answer = decide(view, each, TextTarget(text, root, prefix))
            except NotEditableError as error:
                raise _not_editable(error, text, file) from error
            match answer:
                case Skip(reason):
                    report.append(f"{each}: left alone, {reason}")
                case Refuse(reasons):
                    problems += [_located(reason, root, prefix, each, text, file) for reason in reasons]
                case Inject(changes, notes, kept):
                    edits += [(root, below(prefix, change)) for change in changes]
                    report += [f"{each}: {verb}", *(f"  {note}" for note in notes)]
                    report += [f"  {_place(text, root, (*prefix, *one.path), file)}: {one.sentence}" for one in kept]
                    changed += 1
    if problems:
        raise BadInputError(*problems)
    return Outcome(_edited(text, file, documents, edits), tuple(report), changed)


def _parsed(text: str, file: str) -> tuple[Node, ...]:
    try:
        return parse(text)
    except NotYamlError as error:
        sentence = f"{file}:{error.line}:{error.column}: not valid YAML: {error.what}."
        remedy = "Mend the YAML there; of a template, inject what it is rendered to."
        raise BadInputError(Problem("manifest-syntax", sentence, remedy)) from error


def _edited(text: str, file: str, documents: tuple[Node, ...], edits: list[tuple[Node, Edit]]) -> str:
    """The text with the edits made, proved by reading it again.

    Texts that the edits bring back from a record fit where they came from; in a file that another program has laid
    out anew since, their values are written instead.
    """
    if not edits:
        return text
    wanted = [edited(value(root), tuple(edit for owner, edit in edits if owner is root)) for root in documents]
    editor = TextEditor(text, indented_lists(text, documents))
    is_json = _is_json(text)
    for brought in (edits, [(root, _without_raw(edit)) for root, edit in edits]):
        try:
            result = editor.apply(tuple(brought))
        except NotEditableError as error:
            raise _not_editable(error, text, file) from error
        if _says(result, wanted) and _is_json(result) == is_json:
            return result
    sentence = f"{file}: an edit of its layout would have changed what it says."
    remedy = "Lay it out plainly (kubectl apply --dry-run=client -o yaml does), and report the file as a defect."
    raise BadInputError(Problem("manifest-not-editable", sentence, remedy))


def _not_editable(error: NotEditableError, text: str, file: str) -> BadInputError:
    line, column = _line_column(text, error.offset)
    return BadInputError(Problem("manifest-not-editable", f"{file}:{line}:{column}: {error.what}.", error.remedy))


def _says(text: str, wanted: list[Json]) -> bool:
    try:
        return [value(root) for root in parse(text)] == wanted
    except NotYamlError:
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _without_raw(edit: Edit) -> Edit:
    return replace(edit, raw=None) if isinstance(edit, SetValue | SwapEntry) else edit


def _located(reason: Reason, root: Node, prefix: Path, each: KubeObject, text: str, file: str) -> Problem:
    place = _place(text, root, (*prefix, *reason.path), file)
    return replace(reason.problem, sentence=f"{place}: {each}: {reason.problem.sentence}")


def _place(text: str, root: Node, path: Path, file: str) -> str:
    line, column = _line_column(text, nearest(root, path).start)
    return f"{file}:{line}:{column}"


def _line_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
