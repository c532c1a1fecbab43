// The objects that the core calls: they find whom a notice is for. No rule stands here.
import { Dom } from './dom.js'
import { StorywireError } from './errors.js'
import { report } from './listeners.js'

/** @typedef {import('./page-client.js').PageClient} PageClient */
/** @typedef {import('./channel.js').Channel} Channel */
/** @typedef {import('./rows.js').Rows} Rows */
/** @typedef {import('./types.js').AssetChange} AssetChange */
/** @typedef {{ about: string, story: string, code: string, detail: string, retryIn: number | null }} Fault */

/** What a page for stories is told. */
export class Sink {
  /** @type {{ url: string, socket: WebSocket } | undefined} */
  early
  /** The elements, once the page is observed. @type {Dom | undefined} */
  dom
  #client

  /** @param {PageClient} client */
  constructor(client) {
    this.#client = client
  }

  /** @param {string} url */
  socket(url) {
    const early = this.early
    this.early = undefined
    if (early?.url === url && early.socket.readyState < 2) return early.socket
    early?.socket.close()
    return this.#client.openSocket(url)
  }

  /** @param {Element} root @param {ConstructorParameters<typeof Dom>[1]} tell */
  page(root, tell) {
    return (this.dom = new Dom(root, tell))
  }

  /** @param {number} request */
  askToken(request) {
    this.#client.giveToken(request)
  }

  /** @param {string} state */
  connection(state) {
    this.#client.hear('connection', /** @type {any} */ (state))
  }

  /** @param {AssetChange} change */
  asset(change) {
    this.#client.hearAsset(change)
  }

  /** @param {string} story @param {string} asset @param {string} types */
  retry(story, asset, types) {
    this.#client.postRetry(story, asset, types.split(' '))
  }

  /** @type {Map<number, AbortController>} */
  #reads = new Map()

  /** @param {number} request @param {string} url @param {string} schema @param {string} [token] */
  async read(request, url, schema, token) {
    const abort = new AbortController()
    this.#reads.set(request, abort)
    const answer = await this.#client.get(url, schema, token, abort.signal)
    if (this.#reads.delete(request)) this.#client.run((raw) => raw.answer(request, ...answer))
  }

  /** @param {number} request */
  abortRead(request) {
    this.#reads.get(request)?.abort()
    this.#reads.delete(request)
  }

  stray() {
    this.#client.hearError(new StorywireError('stray-asset'))
  }

  /** @param {number} id @param {Fault} fault */
  fault(id, { about, story, code, detail, retryIn }) {
    const error = new StorywireError(code, { detail, retryIn, about: story || about })
    this.concerned(about, id)?.hearError(error)
    this.#client.hearError(error, story)
  }

  /** Whom a failure concerns besides the client. @param {string} _about @param {number} _id @returns {Channel | Rows | undefined} */
  concerned(_about, _id) {
    return undefined
  }
}

/** What the whole client is told. */
export class ClientSink extends Sink {
  /** @type {Map<number, Channel>} */
  channels = new Map()
  /** @type {Map<number, Rows>} */
  sets = new Map()
  /** @type {Map<number, (outcome: string, response: string) => void>} */
  pushes = new Map()

  /** @override @param {string} about @param {number} id */
  concerned(about, id) {
    return about === 'channel' ? this.channels.get(id) : about === 'rows' ? this.sets.get(id) : undefined
  }

  /** @param {number} push @param {string} outcome @param {string} response */
  settle(push, outcome, response) {
    const settle = this.pushes.get(push)
    this.pushes.delete(push)
    settle?.(outcome, response)
  }

  /** @param {number} channel @param {string} status */
  status(channel, status) {
    this.channels.get(channel)?.hearStatus(/** @type {any} */ (status))
  }

  /** @param {number} channel @param {Uint32Array} keys @param {string} data */
  change(channel, keys, data) {
    this.channels.get(channel)?.hearChange(keys, parse(data))
  }

  /** @param {number} channel @param {string} event @param {string} payload @param {string} meta */
  broadcast(channel, event, payload, meta) {
    this.channels.get(channel)?.hearBroadcast(event, parse(payload), meta ? parse(meta) : undefined)
  }

  /** @param {number} channel @param {string} event @param {Uint8Array} bytes */
  bytes(channel, event, bytes) {
    this.channels.get(channel)?.hearBroadcast(event, bytes.slice().buffer, undefined)
  }

  /** @param {number} channel @param {string} event @param {string} key @param {string} current @param {string} changed */
  presence(channel, event, key, current, changed) {
    this.channels.get(channel)?.hearPresence(event, key, current, changed)
  }

  /** @param {number} channel @param {string} payload */
  system(channel, payload) {
    this.channels.get(channel)?.hearSystem(parse(payload))
  }

  /** @param {number} rows @param {string} event @param {string} key @param {string} row */
  rows(rows, event, key, row) {
    this.sets.get(rows)?.hear(event, key, row)
  }
}

/** @param {string} json */
function parse(json) {
  try {
    return JSON.parse(json)
  } catch (error) {
    report(error)
  }
}
