"""Bytes in, events out. Pure: no clock, no socket."""
