// What the core calls: it finds whom a notice is for. No rule stands here.
import { Driver } from './driver.js'
import { letGo } from './early-socket.js'
import { StorywireError } from './errors.js'

/** @typedef {import('./page-client.js').PageClient} PageClient */
/** @typedef {import('./channel.js').Channel} Channel */
/** @typedef {import('./rows.js').Rows} Rows */
/** @typedef {import('./types.js').AssetChange} AssetChange */

/** What a page for stories is told. */
export class Sink extends Driver {
  /** @type {{ url: string, socket: WebSocket } | undefined} */
  early
  #client

  /** @param {PageClient} client */
  constructor(client) {
    super()
    this.#client = client
  }

  /** @override @param {string} url */
  newSocket(url) {
    const early = this.early
    this.early = undefined
    if (early?.url === url && early.socket.readyState < 2) return early.socket
    letGo(early)
    return this.#client.openSocket(url)
  }

  /** @param {number} request */
  askToken(request) {
    this.#client.giveToken(request)
  }

  /** @param {string} state */
  connection(state) {
    this.#client.hear('connection', /** @type {any} */ (state))
  }

  /**
   * An asset or a story has changed, or a row was odd: it is told here and at the elements.
   * @param {AssetChange['kind']} kind @param {string} story @param {string} asset @param {any} status @param {string} url
   * @param {number | null} progress @param {number[]} elements
   */
  asset(kind, story, asset, status, url, progress, elements) {
    const change = /** @type {AssetChange} */ ({ kind, story, asset, status, url, progress })
    this.#client.hearAsset(change)
    for (const id of elements) this.dom?.fire(id, `storywire:${kind}`, change, false)
  }

  /** @param {string} story @param {string} asset @param {string[]} types */
  retry(story, asset, ...types) {
    this.#client.postRetry(story, asset, types)
  }

  /** @type {Map<number, AbortController>} */
  #reads = new Map()

  /** @param {number} request @param {string} url @param {string} schema @param {string} token empty: the key goes alone */
  async read(request, url, schema, token) {
    const abort = new AbortController()
    this.#reads.set(request, abort)
    const [status, body, wait] = await this.#client.get(url, schema, token, abort.signal)
    if (this.#reads.delete(request)) this.input('answer', request, status, body, wait)
  }

  /** @param {number} request */
  abortRead(request) {
    this.#reads.get(request)?.abort()
    this.#reads.delete(request)
  }

  /** An element stands outside of any story. @override */
  stray() {
    this.#client.hearError(new StorywireError('stray-asset'))
  }

  /**
   * @param {number} id @param {string} about @param {string} story @param {string} code @param {string} detail
   * @param {number | null} retryIn
   */
  fault(id, about, story, code, detail, retryIn) {
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
  /** @type {Map<number, (outcome: string) => void>} */
  pushes = new Map()

  /** @override @param {string} about @param {number} id */
  concerned(about, id) {
    return about === 'channel' ? this.channels.get(id) : about === 'rows' ? this.sets.get(id) : undefined
  }

  /** @param {number} push @param {string} outcome */
  settle(push, outcome) {
    const settle = this.pushes.get(push)
    this.pushes.delete(push)
    settle?.(outcome)
  }

  /** @param {number} channel @param {import('./types.js').ChannelStatus} status */
  status(channel, status) {
    this.channels.get(channel)?.hearStatus(status)
  }

  /** @param {number} channel @param {number[]} keys @param {any} data */
  change(channel, keys, data) {
    this.channels.get(channel)?.hearChange(keys, data)
  }

  /** @param {number} channel @param {string} event @param {any} payload @param {any} [meta] */
  broadcast(channel, event, payload, meta) {
    this.channels.get(channel)?.hearBroadcast(event, payload, meta)
  }

  /** @param {number} channel @param {string} event */
  bytes(channel, event) {
    this.channels.get(channel)?.hearBroadcast(event, this.takeBytes().buffer, undefined)
  }

  /** @param {number} channel @param {string} event @param {string} key @param {any[]} current @param {any[]} changed */
  presence(channel, event, key, current, changed) {
    this.channels.get(channel)?.hearPresence(event, key, current, changed)
  }

  /** @param {number} channel @param {any} payload */
  system(channel, payload) {
    this.channels.get(channel)?.hearSystem(payload)
  }

  /** @param {number} rows @param {string} event @param {string} [key] @param {any} [row] */
  rows(rows, event, key = '', row) {
    this.sets.get(rows)?.hear(event, key, row)
  }
}
