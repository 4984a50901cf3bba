"""What the set-up of a clone made: under which name it is kept, its copies, and installs that point elsewhere."""
