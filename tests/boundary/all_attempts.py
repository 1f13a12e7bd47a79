"""The whole table, in the order of the reference page."""

from tests.boundary import attempts_on_files, attempts_on_networks, attempts_on_the_machine

ALL_ATTEMPTS = (*attempts_on_files.ATTEMPTS, *attempts_on_the_machine.ATTEMPTS, *attempts_on_networks.ATTEMPTS)
