"""The only modules that touch the world: processes, sockets, namespaces, files, clocks."""
