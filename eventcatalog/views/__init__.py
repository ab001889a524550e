"""Pages of the catalog, under /w/<workspace>/catalog/."""
