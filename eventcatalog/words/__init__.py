"""Words beside schemas: examples, description pages with links, and the glossary."""
