"""Each benchmark measures dinp and what it is compared with in one run, and writes a table."""
