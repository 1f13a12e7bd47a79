"""The room that decides for the agent: preflight, lifecycle, lessons of a start. Pure."""
