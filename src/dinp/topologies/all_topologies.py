"""The topologies for pods, written out."""

from dinp.model.service_spec import TopologyKind
from dinp.topologies import sidecar
from dinp.topologies.topology import Topology

TOPOLOGIES: dict[TopologyKind, Topology] = {
    TopologyKind.SIDECAR: sidecar,
}
