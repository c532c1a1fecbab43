// The module `storywire_stream`: fetched when the first stream is opened, and not by a page that opens none.
import init, { RawReadings, RawStream } from '../pkg/storywire_stream.js'

/** @typedef {import('../pkg/storywire_stream.js').RawStream} RawStreamType */

/** @type {Promise<typeof RawStream> | undefined} */
let loading

/** Once the module is loaded. */
export { RawReadings }

/**
 * @param {import('../pkg/storywire_stream.js').InitInput} [source] where the module comes from, if not from beside this file
 * @returns {Promise<typeof RawStream>} rejects where the page's policy forbids WebAssembly, or the file is not there
 */
export function loadStreamModule(source) {
  loading ??= init(source === undefined ? undefined : { module_or_path: source }).then(
    () => RawStream,
    (error) => {
      loading = undefined // the next stream may have more luck
      throw error
    },
  )
  return loading
}
