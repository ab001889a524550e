/**
 * PNG of any size, row by row: the picture is never in memory as a whole. Rows go through the browser's own deflate; what
 * comes out is kept compressed. https://www.w3.org/TR/png-3/
 *
 * Nothing here knows of a wall: whoever has rows of RGBA pixels gets a PNG.
 */

/** A PNG holds far more; browsers and printers open what is this large. */
export const SIDE_MAX = 60_000;
const SIGNATURE = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
const CHUNK = 1 << 20;
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/**
 * @param {number} width @param {number} height pixels
 * @param {AsyncIterable<{data: Uint8ClampedArray | Uint8Array, rows: number}>} strips RGBA, from top to bottom, `width` pixels a row
 * @returns {Promise<Blob>}
 */
export async function pngOf(width, height, strips) {
  if (!(width > 0 && height > 0 && width <= SIDE_MAX && height <= SIDE_MAX)) throw new RangeError("a PNG's sides are 1 to 60,000 pixels");
  const deflate = new CompressionStream("deflate");
  /** @type {BlobPart[]} */
  const parts = [SIGNATURE, chunk("IHDR", header(width, height))];
  const reading = collect(deflate.readable, parts);
  const writer = deflate.writable.getWriter();
  let written = 0;
  try {
    for await (const { data, rows } of strips) {
      await writer.write(filtered(data, width, rows));
      written += rows;
    }
    if (written !== height) throw new RangeError(`${written} rows of ${height}`);
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    await reading.catch(() => {});
    throw error;
  }
  await reading;
  parts.push(chunk("IEND", new Uint8Array(0)));
  return new Blob(parts, { type: "image/png" });
}

/** @param {ReadableStream<Uint8Array>} readable @param {BlobPart[]} parts */
async function collect(readable, parts) {
  const reader = readable.getReader();
  /** @type {Uint8Array[]} */
  let waiting = [];
  let size = 0;
  const flush = () => {
    if (!size) return;
    const whole = new Uint8Array(size);
    let at = 0;
    for (const piece of waiting) {
      whole.set(piece, at);
      at += piece.length;
    }
    parts.push(chunk("IDAT", whole));
    [waiting, size] = [[], 0];
  };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    waiting.push(value);
    size += value.length;
    if (size >= CHUNK) flush();
  }
  flush();
}

/** RGB without alpha, each row led by its filter: 2 ("up"), which suits flat colours. @param {Uint8ClampedArray | Uint8Array} data @param {number} width @param {number} rows */
function filtered(data, width, rows) {
  const stride = width * 3 + 1;
  const out = new Uint8Array(stride * rows);
  for (let row = 0; row < rows; row++) {
    const [to, from, above] = [row * stride, row * width * 4, (row - 1) * width * 4];
    out[to] = row ? 2 : 0;
    for (let x = 0; x < width; x++) {
      const [source, target] = [from + x * 4, to + 1 + x * 3];
      if (!row) {
        out[target] = data[source];
        out[target + 1] = data[source + 1];
        out[target + 2] = data[source + 2];
      } else {
        const before = above + x * 4;
        out[target] = data[source] - data[before];
        out[target + 1] = data[source + 1] - data[before + 1];
        out[target + 2] = data[source + 2] - data[before + 2];
      }
    }
  }
  return out;
}

/** 8 bits a channel, RGB. @param {number} width @param {number} height */
function header(width, height) {
  const bytes = new Uint8Array(13);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  bytes.set([8, 2, 0, 0, 0], 8);
  return bytes;
}

/** @param {string} name @param {Uint8Array} data @returns {Uint8Array<ArrayBuffer>} */
function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let place = 0; place < 4; place++) bytes[4 + place] = name.charCodeAt(place);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** @param {Uint8Array} bytes */
function crc(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
