"""Programs for working on dinp; nothing in here is part of what a user installs."""
