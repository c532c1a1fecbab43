// The object that the core calls: it finds whom a notice is for. No rule stands here.
import { StorywireError } from './errors.js'
import { report } from './listeners.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./channel.js').Channel} Channel */
/** @typedef {import('./rows.js').Rows} Rows */
/** @typedef {import('./types.js').AssetChange} AssetChange */
/** @typedef {{ about: string, id: number, story: string, code: string, detail: string, retryIn: number | null }} Fault */

export class Sink {
  /** @type {Map<number, Channel>} */
  channels = new Map()
  /** @type {Map<number, Rows>} */
  sets = new Map()
  /** @type {Map<number, (outcome: string, response: string) => void>} */
  pushes = new Map()
  /** @type {{ url: string, socket: WebSocket } | undefined} */
  early
  #client

  /** @param {Client} client */
  constructor(client) {
    this.#client = client
  }

  /** @param {string} url */
  socket(url) {
    const early = this.early
    this.early = undefined
    if (early?.url === url && early.socket.readyState < 2) return early.socket
    early?.socket.close()
    return new WebSocket(url)
  }

  /** @param {number} request */
  askToken(request) {
    this.#client.giveToken(request)
  }

  /** @param {number} push @param {string} outcome @param {string} response */
  settle(push, outcome, response) {
    const settle = this.pushes.get(push)
    this.pushes.delete(push)
    settle?.(outcome, response)
  }

  /** @param {string} state */
  connection(state) {
    this.#client.hear('connection', /** @type {any} */ (state))
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

  /** @param {AssetChange} change */
  asset(change) {
    this.#client.hearAsset(change)
  }

  /** @param {string} story @param {string} asset @param {string} types */
  retry(story, asset, types) {
    this.#client.postRetry(story, asset, types.split(' '))
  }

  stray() {
    this.#client.hearError(new StorywireError('stray-asset'))
  }

  /** @param {Fault} fault */
  fault({ about, id, story, code, detail, retryIn }) {
    const error = new StorywireError(code, { detail, retryIn, about: story || about })
    if (about === 'channel') this.channels.get(id)?.hearError(error)
    else if (about === 'rows') this.sets.get(id)?.hearError(error)
    this.#client.hearError(error, story)
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
