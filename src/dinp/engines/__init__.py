"""One module per engine: facts and wishes in, a command line with its environment and files out."""
