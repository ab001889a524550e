"""Code from schemas: typed models for Python and TypeScript, and example payloads.

typescript.py  pure: a JSON Schema as TypeScript declarations
naming.py      pure: names that languages take
worker.py      a process of its own that runs datamodel-code-generator, bounded in time and memory
generating.py  a version's code, made once and kept (versions never change)
models.py, api.py, api_urls.py
"""
