// Loads the whole module, once for the page.
import init, { RawClient } from '../pkg/storywire.js'
import { StorywireError } from './errors.js'

/** @type {Promise<typeof RawClient> | undefined} */
let loading

/**
 * @internal The exports of the module. A failed attempt is made again by the next call.
 * @param {string | URL} [url] where the module lies, if not beside the script
 */
export function load(url) {
  loading ??= init(url ? { module_or_path: url } : undefined).then(
    () => RawClient,
    (error) => {
      loading = undefined
      throw new StorywireError('not-loaded', { detail: String(error?.message ?? error) })
    },
  )
  return loading
}
