"""Prefect flows, settings and the command line: the only package that knows all the others."""
