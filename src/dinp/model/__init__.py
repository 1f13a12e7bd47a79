"""Nouns, frozen, without opinions. Nothing here touches the world."""
