"""The machine: files, locks, processes, terminals, packages."""
