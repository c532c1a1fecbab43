// Between JavaScript and the module for story pages. `npm run build` puts it in the place of what wasm-bindgen writes, which
// has answers to questions that this module never asks: it is handed numbers, and texts in memory, and takes nothing of the
// browser. Everything named `wasm.…` gets its short name there.

/** @typedef {typeof import('../pkg/storywire_story_bg.wasm')} Exports */

/** @type {Exports} */
let wasm
let decoder = new TextDecoder()
let decoded = 0

/** @param {number} at @param {number} length */
function textAt(at, length) {
  // Safari's decoders break after two gigabytes.
  if ((decoded += length) > 2e9) [decoder, decoded] = [new TextDecoder(), length]
  return decoder.decode(new Uint8Array(wasm.memory.buffer, at, length))
}

/** Whatever the module imports by whatever name: all that it could ask for is to say what went wrong. @type {any} */
const imports = new Proxy(
  (/** @type {number} */ at, /** @type {number} */ length) => {
    throw new Error(textAt(at, length))
  },
  { get: () => imports },
)

/** What wasm-bindgen describes in `pkg/storywire_story.d.ts`. */
export class RawClient {
  #at

  /** @param {string} options @param {number} now @param {number} seed */
  constructor(options, now, seed) {
    const bytes = new TextEncoder().encode(options)
    const at = wasm.__wbindgen_malloc(bytes.length, 1)
    new Uint8Array(wasm.memory.buffer).set(bytes, at)
    this.#at = wasm.rawclient_new(at, bytes.length, now, seed)
  }

  /**
   * @param {number} now @param {number} kind @param {number} id @param {number} number
   * @param {number} first @param {number} second @param {number} third
   */
  input(now, kind, id, number, first, second, third) {
    return wasm.rawclient_input(this.#at, now, kind, id, number, first, second, third)
  }

  /** @param {number} most */
  room(most) {
    return wasm.rawclient_room(this.#at, most)
  }

  /** @param {boolean} paints */
  poll(paints) {
    const [at, length] = wasm.rawclient_poll(this.#at, Number(paints))
    const text = textAt(at, length)
    wasm.__wbindgen_free(at, length, 1)
    return text
  }

  free() {
    wasm.__wbg_rawclient_free(this.#at, 0)
  }
}

/** @param {{ module_or_path?: any }} [source] an address, an answer, a compiled module or its bytes, or a promise of one */
export default async function init({ module_or_path = new URL('storywire_story_bg.wasm', import.meta.url) } = {}) {
  module_or_path = await module_or_path
  if (typeof module_or_path === 'string' || module_or_path instanceof URL) module_or_path = await fetch(module_or_path)
  const { headers, ok, status, url } = module_or_path
  if (headers && !ok) throw new Error(`${url} answers ${status}`)
  // A server that does not know the type is served all the same.
  const made =
    headers?.get('content-type') === 'application/wasm'
      ? await WebAssembly.instantiateStreaming(module_or_path, imports)
      : await WebAssembly.instantiate(headers ? await module_or_path.arrayBuffer() : module_or_path, imports)
  wasm = /** @type {any} */ (made.instance ?? made).exports
  return { memory: wasm.memory }
}
