// Loads a WebAssembly module once for the page.
import { StorywireError } from './errors.js'

/**
 * A function that loads the module by its glue's `init`. A failed attempt is made again by the next call.
 * @internal
 * @template {object} Exports
 * @param {(input?: { module_or_path: any }) => Promise<any>} init @param {Exports} exports @param {string} name of its file
 * @returns {(source: import('./types.js').ClientOptions['wasm']) => Promise<Exports & { memory: WebAssembly.Memory }>} where the module lies, if not beside
 *   the script
 */
export function loader(init, exports, name) {
  /** @type {Promise<Exports & { memory: WebAssembly.Memory }> | undefined} */
  let loading
  /** @param {import('./types.js').ClientOptions['wasm']} source */
  const tryAll = async (source) => {
    let problem
    for (const place of typeof source === 'function' ? source(name) : [source].flat()) {
      try {
        const { memory } = await init(place && { module_or_path: place })
        return Object.assign(exports, { memory })
      } catch (error) {
        problem = String(/** @type {Error} */ (error)?.message)
        // Elsewhere it would be the same.
        if (!(await canCompile())) throw new StorywireError('wasm-refused', { detail: problem })
      }
    }
    throw new StorywireError('not-loaded', { detail: problem })
  }
  return (source) =>
    (loading ??= tryAll(source).catch((error) => {
      loading = undefined
      throw error
    }))
}

/** Whether the page may have any module at all: browsers say in words of their own that it may not. This one is empty. */
const canCompile = () => Promise.resolve().then(() => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))).then(Boolean, () => false)
