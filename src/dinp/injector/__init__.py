"""The room that gives workloads an engine, and takes it away again without a trace."""
