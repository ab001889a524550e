// Lints an EventCatalog directory; prints what the linter says, as JSON.
import { parseAllFiles, scanCatalogFiles, validateCatalog } from "@eventcatalog/linter";

const files = await scanCatalogFiles(process.argv[2]);
const { parsed, errors } = await parseAllFiles(files);
const told = [...(errors ?? []).map((each) => ({ severity: "error", message: String(each.error ?? each.message) })), ...validateCatalog(parsed)];
console.log(JSON.stringify({ files: files.length, told }));
