"""Routes of generated code."""

from django.urls import path

from eventcatalog import converters  # noqa: F401 - registers the converters
from eventcatalog.code import api

app_name = "code-api"
VERSION = "catalog/types/<type_name:name>/versions/<semver:version>"
urlpatterns = [
    path(f"{VERSION}/code/<slug:form>", api.Code.as_view(), name="code"),
    path(f"{VERSION}/payloads", api.Payloads.as_view(), name="payloads"),
]
