// Writes an EventCatalog with its own SDK: what its users' directories look like.
import utils from "@eventcatalog/sdk";

const sdk = utils(process.argv[2]);
const schema = (extra = {}) => JSON.stringify({ type: "object", properties: { orderId: { type: "string" }, ...extra } });
await sdk.writeTeam?.({ id: "orders-team", name: "Orders team", markdown: "They take orders." });
await sdk.writeDomain({ id: "Orders", name: "Orders", version: "0.0.1", markdown: "# Orders", services: [{ id: "OrderService", version: "1.2.0" }] });
await sdk.writeServiceToDomain(
  { id: "OrderService", name: "Order service", version: "1.2.0", markdown: "Takes orders.\n\n<NodeGraph />",
    sends: [{ id: "OrderPlaced", version: "2.0.0" }], receives: [{ id: "PlaceOrder", version: "1.0.0" }, { id: "Unknown" }] },
  { id: "Orders" },
);
const placed = { id: "OrderPlaced", name: "Order placed", summary: "Somebody bought.", owners: ["orders-team"], schemaPath: "schema.json", badges: [{ content: "core", backgroundColor: "red", textColor: "red" }] };
await sdk.writeEventToService({ ...placed, version: "1.0.0", markdown: "An order was placed." }, { id: "OrderService" });
await sdk.addFileToEvent("OrderPlaced", { content: schema(), fileName: "schema.json" });
await sdk.versionEvent("OrderPlaced");
await sdk.writeEventToService({ ...placed, version: "2.0.0", markdown: "An order was placed, and priced." }, { id: "OrderService" });
await sdk.addFileToEvent("OrderPlaced", { content: schema({ total: { type: "integer" } }), fileName: "schema.json" });
await sdk.writeCommandToService(
  { id: "PlaceOrder", name: "Place order", version: "1.0.0", markdown: "Please.", schemaPath: "schema.json" },
  { id: "OrderService" },
);
await sdk.addFileToCommand("PlaceOrder", { content: schema(), fileName: "schema.json" });
await sdk.writeQuery({ id: "GetOrder", name: "Get order", version: "1.0.0", markdown: "No schema here." });
