"""The ways of keeping an engine apart that there are."""

from collections.abc import Mapping

from dinp.isolation import rootful, rootless, userns
from dinp.isolation.isolation import Isolation
from dinp.model.engine_spec import IsolationKind

ISOLATIONS: Mapping[IsolationKind, Isolation] = {
    IsolationKind.USERNS: userns,
    IsolationKind.ROOTLESS: rootless,
    IsolationKind.ROOTFUL: rootful,
}
