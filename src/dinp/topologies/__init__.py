"""How a client reaches its engine, one module per arrangement."""
