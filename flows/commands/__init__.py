"""The commands: one module each, with ``add(subparsers, lang)`` and ``run(args) -> exit code``."""
