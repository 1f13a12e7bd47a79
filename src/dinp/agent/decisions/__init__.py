"""One module for each choice of preflight: facts and wishes in, a value with its reason out."""
