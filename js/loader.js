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
        problem = /** @type {Error} */ (error)
        // Elsewhere it would be forbidden too.
        if (/policy|CSP|unsafe-eval/i.test(problem.message)) throw new StorywireError('wasm-refused')
      }
    }
    throw new StorywireError('not-loaded', { detail: String(problem?.message) })
  }
  return (source) =>
    (loading ??= tryAll(source).catch((error) => {
      loading = undefined
      throw error
    }))
}
