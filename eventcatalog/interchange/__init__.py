"""Interchange: catalogs in other formats, in and out.

formats/       pure: documents in, a neutral Catalogue out, and back. No Django, no network.
    model.py           the neutral Catalogue
    errors.py          what can't be read, and where
    archives.py        zip files and folders, read carefully
    yaml_text.py       YAML and JSON texts, read carefully
    standalone.py      schemas taken out of a document, and put into one
    asyncapi_writing.py, asyncapi_reading.py
    eventcatalog_writing.py, eventcatalog_reading.py
    schema_files.py    folders of JSON Schemas
    reading.py         whatever somebody uploads
collecting.py  rows of a workspace -> Catalogue
planning.py    what importing a Catalogue would do: a list of steps
applying.py    doing it, with progress
models.py      imports, kept as their history
views.py, api.py, exports.py
"""
