"""Every text that ATLAS writes to an agent or to the lead, one file a subject."""
