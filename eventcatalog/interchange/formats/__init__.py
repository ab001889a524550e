"""Other catalogs' formats. Pure: texts and files in, a neutral Catalogue out, and back."""
