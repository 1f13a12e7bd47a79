"""The YAML parser with the tabs that JSON has, and that kubectl's parser takes."""

from __future__ import annotations

import yaml

_ENDS = "\0\r\n\x85\u2028\u2029"


class TabLoader(yaml.SafeLoader):
    """PyYAML's loader, which takes no tab between tokens, with the rule of libyaml, from which kubectl's descends.

    A tab is a blank wherever it is no indentation (libyaml: src/scanner.c, yaml_parser_scan_to_next_token).
    """

    def scan_to_next_token(self) -> None:
        """Skip what stands between two tokens."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: int, start_mark: yaml.Mark) -> list[str] | None:
        """The blanks within, or behind, a value without quotes."""
        length = 0
        while self.peek(length) in " \t":
            length += 1
        blanks = self.prefix(length)
        if "\t" in blanks:
            self.forward(length)
            if self.peek() not in _ENDS:
                return [blanks]
        found: list[str] | None = super().scan_plain_spaces(indent, start_mark)
        return found
