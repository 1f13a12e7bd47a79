"""What runs: one loop per file, no decisions of its own."""
