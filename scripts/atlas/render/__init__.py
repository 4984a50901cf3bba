"""Records and results to text and Markdown: pure functions."""
