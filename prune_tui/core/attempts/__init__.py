"""The attempts of a session side by side: what each was, what came of it, and how to take it up again."""
