"""dinp, "Docker in Pod": a private Docker engine for whoever connects first."""

__version__ = "0.1.0"
