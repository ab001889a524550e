"""Pages of the ground floor. Views are thin: they read forms, call workspaces.actions and render."""
