"""The REST API under ``/api/v1``: programs ask the engine's verbs, each call by a token.

Reading order: ``operations`` (what a route declares and what happens around it), ``shapes`` (how
JSON is read and written), ``bearer``, ``once``, ``problems``, then one module a resource, and
``openapi``, which tells all of it in OpenAPI 3.1.
"""
