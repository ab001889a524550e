"""Routes of the registry, under /registry/<workspace>/ and again in a context: .../contexts/:.dev:/subjects."""

from django.urls import re_path

from eventcatalog.registry import views

app_name = "registry"
BASE = r"^(?P<workspace>[-a-zA-Z0-9_]+)"
IN_CONTEXT = r"(?:/contexts/:?(?P<context>\.[^:/]*):?)?"
SUBJECT = r"(?P<subject>.+?)"
VERSION = r"versions/(?P<version>[^/]+)"
ID = r"schemas/ids/(?P<schema_id>\d{1,18})"

urlpatterns = [
    re_path(rf"{BASE}/?$", views.Root.as_view()),
    re_path(rf"{BASE}/contexts/?$", views.Contexts.as_view()),
    re_path(rf"{BASE}/v1/metadata/id/?$", views.MetadataId.as_view()),
    re_path(rf"{BASE}/v1/metadata/version/?$", views.MetadataVersion.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/schemas/types/?$", views.Types.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/schemas/?$", views.Schemas.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/{ID}/?$", views.SchemaById.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/{ID}/schema/?$", views.SchemaText.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/{ID}/subjects/?$", views.SchemaSubjects.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/{ID}/versions/?$", views.SchemaVersions.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/schemas/guids/(?P<guid>[-0-9a-fA-F]{{32,36}})/?$", views.SchemaByGuid.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/?$", views.Subjects.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/{SUBJECT}/versions/?$", views.Versions.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/{SUBJECT}/{VERSION}/schema/?$", views.VersionText.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/{SUBJECT}/{VERSION}/referencedby/?$", views.ReferencedBy.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/{SUBJECT}/{VERSION}/?$", views.OneVersion.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/{SUBJECT}/metadata/?$", views.SubjectMetadata.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/subjects/{SUBJECT}/?$", views.OneSubject.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/compatibility/subjects/{SUBJECT}/versions/?$", views.Compatibility.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/compatibility/subjects/{SUBJECT}/{VERSION}/?$", views.Compatibility.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/config/?$", views.Config.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/config/{SUBJECT}/?$", views.SubjectConfig.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/mode/?$", views.Mode.as_view()),
    re_path(rf"{BASE}{IN_CONTEXT}/mode/{SUBJECT}/?$", views.SubjectMode.as_view()),
    re_path(rf"{BASE}/(?P<rest>.*)$", views.nothing_here),
]
