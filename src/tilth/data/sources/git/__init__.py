"""Git: which repositories (lists), where (mirror), at what point (resolve), which files (tree, contents)."""
