"""A session's report as text: figures as rows, and the terminal and Markdown documents that show them."""
