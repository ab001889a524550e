/**
 * Fields and JSON Schema: the field editor's rows become a schema, and a plain schema becomes rows again. Pure.
 *
 * @typedef {{name: string, type: string, required: boolean, description: string}} Field
 */

export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** What a row's type says in a schema. @type {Record<string, Record<string, unknown>>} */
export const FIELD_TYPES = {
  text: { type: "string" },
  number: { type: "number" },
  "whole number": { type: "integer" },
  "yes or no": { type: "boolean" },
  "date and time": { type: "string", format: "date-time" },
  date: { type: "string", format: "date" },
  uuid: { type: "string", format: "uuid" },
  email: { type: "string", format: "email" },
  "web address": { type: "string", format: "uri" },
  "list of texts": { type: "array", items: { type: "string" } },
  "list of objects": { type: "array", items: { type: "object" } },
  object: { type: "object" },
};

/** @param {Field[]} fields rows without a name are left out @returns {Record<string, unknown>} */
export function schemaOf(fields) {
  const named = fields.filter(({ name }) => name.trim());
  const properties = Object.fromEntries(named.map(({ name, type, description }) => [
    name.trim(), { ...FIELD_TYPES[type], ...(description.trim() ? { description: description.trim() } : {}) },
  ]));
  const required = named.filter((field) => field.required).map(({ name }) => name.trim());
  return { $schema: DIALECT, type: "object", properties, ...(required.length ? { required } : {}) };
}

/** The words of a note, as a name that services can use: "Order placed!" -> "order.placed".
 * @param {string} text @returns {string} */
export const nameOf = (text) =>
  text.replace(/ß/g, "ss").replace(/[æÆ]/g, "ae").replace(/[øØ]/g, "o").normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, ".").replace(/^\.+|\.+$/g, "").slice(0, 120);

/** The example that a note's fields make, or null when one that is required has none, or one that doesn't fit its type.
 * @param {import('./types').NoteField[]} fields @returns {Record<string, unknown> | null} */
export function exampleOf(fields) {
  /** @type {Record<string, unknown>} */
  const example = {};
  for (const { name, type, example: text, required } of fields) {
    if (!text) {
      if (required) return null;
      continue;
    }
    const value = valueOf(type, text);
    if (value === undefined) return null;
    example[name] = value;
  }
  return Object.keys(example).length ? example : null;
}

/** @param {string} type @param {string} text @returns {unknown} undefined: it doesn't fit */
function valueOf(type, text) {
  const schema = FIELD_TYPES[type];
  if (schema?.type === "string") return text;
  if (schema?.type === "boolean") return { yes: true, true: true, no: false, false: false }[text.trim().toLowerCase()];
  try {
    const value = JSON.parse(text);
    const actual = Array.isArray(value) ? "array" : typeof value;
    const wanted = schema?.type === "integer" ? "number" : schema?.type;
    return actual === wanted && (schema?.type !== "integer" || Number.isInteger(value)) ? value : undefined;
  } catch {
    return undefined;
  }
}
