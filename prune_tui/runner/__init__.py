"""Runs sessions: carries out their decisions, and writes, restores and audits their files."""
