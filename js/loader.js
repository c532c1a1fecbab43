// Loads a WebAssembly module once for the page.
import { StorywireError } from './errors.js'

/**
 * A function that loads the module by its glue's `init`. A failed attempt is made again by the next call.
 * @internal
 * @template Exports
 * @param {(input?: { module_or_path: string | URL | BufferSource }) => Promise<any>} init @param {Exports} exports
 * @returns {(url?: string | URL | BufferSource) => Promise<Exports>} where the module lies, if not beside the script
 */
export function loader(init, exports) {
  /** @type {Promise<Exports> | undefined} */
  let loading
  return (url) =>
    (loading ??= init(url ? { module_or_path: url } : undefined).then(
      () => exports,
      (error) => {
        loading = undefined
        throw new StorywireError('not-loaded', { detail: String(error?.message ?? error) })
      },
    ))
}
