module dinp.invalid/testbed/pause

go 1.26.0
