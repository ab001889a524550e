// Reads an AsyncAPI document from standard input; prints what the official parser says of it, as JSON.
import { Parser } from "@asyncapi/parser";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { document, diagnostics } = await new Parser().parse(Buffer.concat(chunks).toString("utf8"));
const told = diagnostics.map(({ code, message, path, severity }) => ({ code, message, path, severity }));
const messages = document ? document.allMessages().all().map((each) => ({ id: each.id(), name: each.name() })) : [];
const operations = document ? document.allOperations().all().map((each) => ({ id: each.id(), action: each.action() })) : [];
console.log(JSON.stringify({ parsed: document !== undefined, diagnostics: told, messages, operations }));
