/** Talking to our own API from pages: JSON in, JSON out, the CSRF token along, refusals as ApiError. */

export class ApiError extends Error {
  /** @param {number} status 0 when the server was not reached @param {{code?: string, message?: string, hint?: string, [field: string]: unknown}} error */
  constructor(status, error) {
    super(error.message ?? "Something went wrong.");
    this.status = status;
    this.code = error.code ?? "error";
    this.hint = error.hint ?? "";
    this.fields = error;
  }
}

/** @returns {string} what unsafe requests carry as X-CSRFToken */
export function csrfToken() {
  return /(?:^|; )factstorm_csrf=([^;]+)/.exec(document.cookie)?.[1]
    ?? document.querySelector("input[name=csrfmiddlewaretoken]")?.getAttribute("value") ?? "";
}

/**
 * @param {string} url
 * @param {{method?: string, body?: unknown, signal?: AbortSignal}} [options] `body` is sent as JSON
 * @returns {Promise<any>} the answer's JSON, or null when it has none; throws ApiError
 */
export async function fetchJson(url, { method = "GET", body, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let response;
  try {
    response = await fetch(url, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "unreachable", message: "The server can't be reached.", hint: "Check your connection, then try again." });
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, answer?.error ?? {});
  return answer;
}
