// A backend for tests of pages: `fakeBackend()`. It is made of memory alone, so a test needs no server, no project and no
// network. See docs/testing.md.
import { Client } from './client.js'
import { loadStreamModule } from './stream-module.js'
import { FakeBackend } from './testing/backend.js'

export { manualClock } from './testing/clock.js'
export { FakeBackend }

/** @typedef {import('./testing/backend.js').BackendOptions} BackendOptions */
/** @typedef {import('./types.js').ClientOptions} ClientOptions */

export class TestBackend extends FakeBackend {
  /** @type {Set<Client>} */
  #clients = new Set()

  /** A client of this backend, with everything that a client of a real one has. @param {ClientOptions} [options] */
  createClient(options = {}) {
    const client = new Client(this.url, this.key, { ...this.options, wasm: fromDisk('storywire_bg.wasm'), ...options })
    const forStreams = fromDisk('storywire_stream_bg.wasm')
    if (forStreams) loadStreamModule(forStreams).catch(() => {})
    this.#clients.add(client)
    return client
  }

  /** @override */
  close() {
    for (const client of this.#clients) client.close()
    super.close()
  }
}

/**
 * A backend in the page: `const backend = fakeBackend(); const client = backend.createClient()`.
 * @param {BackendOptions} [options]
 */
export const fakeBackend = (options) => new TestBackend(options)

/** Node does not fetch files, so there the module beside this one is read; in a browser, undefined. @param {string} name @returns {any} */
function fromDisk(name) {
  const url = new URL(name, import.meta.url)
  const files = url.protocol === 'file:' && /** @type {any} */ (globalThis).process?.getBuiltinModule?.('node:fs')
  return files && files.existsSync(url) ? files.readFileSync(url) : undefined
}
