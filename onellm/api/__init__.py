"""The faces: functions and classes of the top level, on clients that are made when they are first used."""
