"""The OpenAPI document says how to sign in."""

from django.test import Client


def test_the_document_names_the_ways_to_sign_in_and_every_catalog_endpoint_asks_for_one(client: Client, db: None):
    document = client.get("/api/v1/openapi.json", {"format": "json"}, headers={"Accept": "application/json"}).json()
    schemes = document["components"]["securitySchemes"]
    assert schemes["apiKey"]["scheme"] == "bearer"
    assert {"apiKey", "apiKeyBasic", "session"} <= set(schemes)
    asked = document["paths"]["/api/v1/w/{workspace}/catalog/types"]["get"]["security"]
    assert {"apiKey": []} in asked
