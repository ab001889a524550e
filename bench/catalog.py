#!/usr/bin/env python3
"""How fast the catalog's pages and searches are at 10,000 types with 5 versions each.

    bench/catalog.py                 seed a data folder of its own, then measure every page
    bench/catalog.py --types 2000    a smaller one
    bench/catalog.py --graph         besides, lay the graph out and draw it in Chromium, at 2,000 types

Server time only: Django's test client, in process, no network. Each page is asked a few times after one cold request,
whose time is the column "cold" (it reads the graph or the vocabulary that later ones remember); "cpu" is what the
process itself worked, which a busy machine does not stretch. Rows are seeded in bulk, as actions would have written
them. Ends by itself; the data folder is removed.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
ROUNDS = 15
VERSIONS = 5
DOMAINS, CONTEXTS, SERVICES_PER_THOUSAND = 20, 60, 40
NOUNS = [
    "Order",
    "Payment",
    "Parcel",
    "Invoice",
    "Customer",
    "Basket",
    "Refund",
    "Stock",
    "Shelf",
    "Carrier",
    "Route",
    "Driver",
    "Ticket",
    "Price",
    "Campaign",
    "Voucher",
    "Account",
    "Ledger",
    "Contract",
    "Policy",
    "Claim",
    "Device",
    "Sensor",
    "Batch",
    "Recipe",
    "Shift",
    "Worker",
    "Supplier",
    "Tender",
    "Quote",
]
VERBS = [
    "Placed",
    "Paid",
    "Shipped",
    "Cancelled",
    "Reserved",
    "Counted",
    "Moved",
    "Opened",
    "Closed",
    "Checked",
    "Signed",
    "Merged",
    "Split",
    "Priced",
]
FIELDS = [
    "id",
    "customerId",
    "orderId",
    "total",
    "currency",
    "city",
    "postcode",
    "street",
    "name",
    "email",
    "quantity",
    "sku",
    "reason",
    "at",
    "by",
    "channel",
]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--types", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--graph", action="store_true", help="measure layout and frames in Chromium instead")
    wanted = options.parse_args()
    folder = tempfile.mkdtemp(prefix="factstorm-bench-catalog-")
    os.environ |= {"FACTSTORM_DATA": folder, "SECRET_KEY": "bench", "LOG_LEVEL": "ERROR", "ALLOWED_HOSTS": "*"}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import django

        django.setup()
        started = time.perf_counter()
        workspace, person = seed(min(wanted.types, 20_000 if not wanted.graph else 2_000))
        print(f"seeded in {time.perf_counter() - started:.1f} s", flush=True)
        graph(folder, person) if wanted.graph else pages(workspace, person, wanted.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def seed(count: int):
    """A workspace with ``count`` types; (workspace, somebody who may see it)."""
    from django.conf import settings
    from django.core.management import call_command

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.TRAFFIC_IN_BACKGROUND = False
    call_command("migrate", verbosity=0)
    from eventcatalog import actions
    from eventcatalog.models import Participation, Service
    from eventcatalog.search import index
    from workspaces import actions as ground
    from workspaces.access import access_of_member
    from workspaces.models import Membership, Person

    person = Person.objects.create_user(email="alice@example.org", name="Alice", password="bench")
    workspace = ground.create_workspace(person, name="Bench")
    access = access_of_member(Membership.objects.select_related("workspace").get(person=person), person)
    team = actions.create_team(access, name="Core")
    domains = [actions.create_domain(access, name=f"{NOUNS[n]} domain") for n in range(DOMAINS)]
    contexts = [
        actions.create_context(access, domain=domains[n % DOMAINS].slug, name=f"{NOUNS[n % len(NOUNS)]} context {n}")
        for n in range(CONTEXTS)
    ]
    services = Service.objects.bulk_create(
        Service(
            workspace=workspace,
            slug=f"service-{n}",
            name=f"{NOUNS[n % len(NOUNS)]} Service {n}",
            context=contexts[n % CONTEXTS],
            owner=team,
        )
        for n in range(max(20, count * SERVICES_PER_THOUSAND // 1_000))
    )
    types = _types(workspace, contexts, team, count)
    rows = []
    for n, each in enumerate(types):
        says, hears = {
            "event": ("produces", "consumes"),
            "command": ("produces", "handles"),
            "query": ("asks", "handles"),
        }[each.kind]
        home = n % CONTEXTS
        near = list(services[home::CONTEXTS]) or services
        other = services[(n * 7 + n // 13) % len(services)]
        pairs = {(near[n % len(near)], says), (near[(n // 3) % len(near)], hears)}
        if each.kind == "event" or n % 40 == 0:
            pairs.add((other, hears))
        rows += [
            Participation(workspace=workspace, service=service, message_type=each, role=role) for service, role in pairs
        ]
    Participation.objects.bulk_create(rows, batch_size=5_000, ignore_conflicts=True)
    things = index.rebuild(workspace)
    sizes = {
        "types": count,
        "versions": count * VERSIONS,
        "services": len(services),
        "roles": len(rows),
        "things": things,
    }
    print(", ".join(f"{number:,} {name}" for name, number in sizes.items()))
    return workspace, person


def _types(workspace, contexts, team, count):
    import hashlib
    import json

    from eventcatalog.models import MessageType, SchemaVersion

    types, versions = [], []
    for n in range(count):
        kind = "event" if n % 10 < 7 else "command" if n % 10 < 9 else "query"
        name = f"{NOUNS[n % len(NOUNS)]}{VERBS[(n // len(NOUNS)) % len(VERBS)]}{n}"
        names = [FIELDS[(n + k * 3) % len(FIELDS)] for k in range(8)]
        context = contexts[n % CONTEXTS]
        each = MessageType(
            id=uuid.uuid4(),
            workspace=workspace,
            kind=kind,
            pattern={"event": "publish_subscribe", "command": "point_to_point", "query": "request_reply"}[kind],
            name=name,
            title=f"{NOUNS[n % len(NOUNS)]} was {VERBS[(n // len(NOUNS)) % len(VERBS)].lower()}",
            description=f"Told when a {NOUNS[(n * 3) % len(NOUNS)].lower()} changes in the {context.name}. Number {n}.",
            domain_id=context.domain_id,
            context=context,
            owner=team if n % 17 else None,
            tags=["core"] if n % 5 == 0 else [],
            field_names=names,
            stream_name=f"stream-{n % 12}",
        )
        each.search_text = "\n".join([name, each.title, each.description, *each.tags, *names]).casefold()
        types.append(each)
        for ordinal in range(1, VERSIONS + 1):
            fields = {field: {"type": "string", "description": f"The {field}."} for field in names[: 3 + ordinal]}
            text = json.dumps({"type": "object", "properties": fields, "required": names[:2]})
            versions.append(
                SchemaVersion(
                    workspace=workspace,
                    message_type=each,
                    ordinal=ordinal,
                    major=1,
                    minor=ordinal - 1,
                    patch=0,
                    version=f"1.{ordinal - 1}.0",
                    schema_text=text,
                    fingerprint=hashlib.sha256(text.encode()).hexdigest(),
                    draft="2020-12",
                    example={field: f"{field} {n}" for field in names[:3]},
                )
            )
    MessageType.objects.bulk_create(types, batch_size=1_000)
    SchemaVersion.objects.bulk_create(versions, batch_size=2_000)
    latest = dict(
        SchemaVersion.objects.filter(workspace=workspace, ordinal=VERSIONS).values_list("message_type_id", "pk")
    )
    for each in types:
        each.latest_id = latest[each.pk]
    MessageType.objects.bulk_update(types, ["latest"], batch_size=500)
    return types


def pages(workspace, person, rounds: int) -> None:
    """Ask every page and print the table."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client()
    client.force_login(person)
    root, api = f"/w/{workspace.slug}/catalog", f"/api/v1/w/{workspace.slug}/catalog"
    some = workspace.message_types.order_by("name")[len(NOUNS)].name
    asked = [
        ("list", f"{root}/"),
        ("list, page 150", f"{root}/?page=150"),
        ("list, one domain", f"{root}/?domain=order-domain"),
        ("list, one service", f"{root}/?service=service-3"),
        ("search, a name", f"{root}/?q={some}"),
        ("search, a common word", f"{root}/?q=order"),
        ("search, two words", f"{root}/?q=order+placed"),
        ("search, a field", f"{root}/?q=postcode"),
        ("search, a slip", f"{root}/?q=custmoer"),
        ("search, api", f"{api}/search?q=invoice+paid"),
        ("palette", f"/w/{workspace.slug}/search?q=parcel"),
        ("domain map", f"{root}/domains/"),
        ("services", f"{root}/services/"),
        ("a service", f"{root}/services/service-3/"),
        ("a type", f"{root}/types/{some}/"),
        ("a type's versions", f"{root}/types/{some}/?tab=versions"),
        ("a type's services", f"{root}/types/{some}/?tab=services"),
        ("a type's flow", f"{root}/types/{some}/flow/"),
        ("graph page", f"{root}/graph/"),
        ("graph, all", f"{api}/map"),
        ("graph, one domain", f"{api}/map?domain=order-domain"),
        ("graph, around one", f"{api}/map?focus=s:service-3&hops=2"),
        ("coupling report", f"{root}/coupling/"),
        ("coupling, contexts", f"{root}/coupling/?level=context"),
        ("seven questions", f"{root}/coupling/questions/"),
        ("types, api", f"{api}/types?size=50"),
    ]
    print(f"\n{'page':<24}{'cold ms':>9}{'p50 ms':>9}{'p95 ms':>9}{'cpu ms':>9}{'queries':>9}{'KB':>8}")
    slow = []
    for name, address in asked:
        started = time.perf_counter()
        answer = client.get(address)
        cold = 1000 * (time.perf_counter() - started)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}")
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        asked_of_database = len(queries)
        took, busy = [], []
        for _ in range(rounds):
            started, worked = time.perf_counter(), time.process_time()
            client.get(address)
            took.append(1000 * (time.perf_counter() - started))
            busy.append(1000 * (time.process_time() - worked))
        p95 = sorted(took)[max(0, round(0.95 * len(took)) - 1)]
        if p95 > 200:
            slow.append(name)
        figures = (cold, statistics.median(took), p95, statistics.median(busy))
        columns = "".join(f"{figure:>9.0f}" for figure in figures)
        print(f"{name:<24}{columns}{asked_of_database:>9}{len(answer.content) / 1024:>8.0f}", flush=True)
    print(f"\nover 200 ms at p95: {', '.join(slow) or 'none'}")


def graph(folder: str, person) -> None:
    """Layout and frame times of the graph page in Chromium, against a server on this data."""
    import subprocess

    from playwright.sync_api import sync_playwright

    from bench.serving import free_port
    from tests.e2e.browser import launch

    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "config.asgi:application"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            _wait(f"http://127.0.0.1:{port}/")
            page.goto(f"http://127.0.0.1:{port}/sign-in/")
            page.fill("[name=email]", person.email)
            page.fill("[name=password]", "bench")
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/sign-in/" not in url)
            for name, query in (
                ("everything", ""),
                ("one domain", "?domain=order-domain"),
                ("around one service", "?focus=s:service-3&hops=1"),
            ):
                page.goto(f"http://127.0.0.1:{port}/w/bench/catalog/graph/{query}")
                started = time.perf_counter()
                while not page.evaluate("window.factstormGraph?.state().layout != null"):
                    page.wait_for_timeout(50)
                    if time.perf_counter() - started > 120:
                        raise SystemExit("the layout took more than two minutes")
                print(name, page.evaluate(FRAMES), flush=True)
                if os.environ.get("SHOTS"):
                    page.screenshot(path=f"{os.environ['SHOTS']}/{name.replace(' ', '-')}.png")
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


FRAMES = """async () => {
  const graph = window.factstormGraph, frames = graph.figures.frames;
  const at = (list, share) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * share)].toFixed(1);
  const run = async (step) => {
    frames.length = 0;
    for (let n = 0; n < 60; n += 1) { step(n); await new Promise(requestAnimationFrame); }
    return `p50 ${at(frames, 0.5)} p95 ${at(frames, 0.95)} ms`;
  };
  const far = await run((n) => graph.camera.pan(n % 2 ? 8 : -8, 4));
  graph.camera.zoom(0.6 / graph.camera.scale, 720, 400);
  const near = await run((n) => graph.camera.pan(n % 2 ? 40 : -44, 6));
  const zoom = await run((n) => graph.camera.zoom(n < 30 ? 0.95 : 1.05, 720, 400));
  const { nodes, edges, layoutMs } = graph.figures;
  const size = `${nodes} nodes, ${edges} edges: layout ${layoutMs.toFixed(0)} ms`;
  return `${size}; frames far ${far}, near ${near}, zooming ${zoom}`;
}"""


def _wait(address: str) -> None:
    import urllib.request

    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the server did not come up")


if __name__ == "__main__":
    main()
