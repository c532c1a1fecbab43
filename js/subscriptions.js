// Subscriptions by name, for pages that keep a list of what they follow. One loop reconnects: the core's.
import { call } from './listeners.js'

/** @typedef {import('./channel.js').Channel} Channel */
/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./types.js').ChannelStatus} ChannelStatus */
/** @typedef {{ event?: string, schema?: string, table?: string, filter?: string, select?: string[] }} Changes */
/** @typedef {{ onChange?: (payload: any) => unknown, onConnect?: () => unknown, onError?: (error?: Error) => unknown }} Handlers */

export class Subscriptions {
  /** The channels, by name. @type {Map<string, Channel>} */
  channels = new Map()
  /** @type {Map<string, ChannelStatus | undefined>} */
  #statuses = new Map()
  #client

  /** @internal @param {Client} client */
  constructor(client) {
    this.#client = client
  }

  /**
   * Follows changes of the database under a name. The same name again takes the place of what was there.
   * @param {string} name of the topic
   * @param {Changes | Changes[]} config one entry of `postgres_changes`, or several
   * @param {Handlers} [handlers] `onConnect` after every join, `onError` after every loss; it joins again by itself
   */
  subscribe(name, config, handlers) {
    const { onChange, onConnect, onError } = handlers ?? {}
    this.unsubscribe(name)
    const channel = this.#client.channel(name)
    for (const entry of Array.isArray(config) ? config : [config]) {
      channel.on('postgres_changes', entry, (payload) => call(onChange, payload))
    }
    this.channels.set(name, channel)
    this.#statuses.set(name, undefined)
    return channel.subscribe((status, error) => {
      if (this.channels.get(name) !== channel) return
      this.#statuses.set(name, status)
      if (status === 'SUBSCRIBED') call(onConnect)
      else if (status !== 'CLOSED') call(onError, error)
    })
  }

  /** @param {string} name @returns {Promise<'ok'>} */
  async unsubscribe(name) {
    const channel = this.channels.get(name)
    this.channels.delete(name)
    this.#statuses.delete(name)
    return channel ? channel.unsubscribe() : 'ok'
  }

  unsubscribeAll() {
    return Promise.all([...this.channels.keys()].map((name) => this.unsubscribe(name)))
  }

  /** Of all together: `error` if one is lost, `connecting` if one is not joined yet. @returns {'disconnected' | 'connecting' | 'connected' | 'error'} */
  get connectionState() {
    const statuses = [...this.#statuses.values()]
    if (statuses.length === 0) return 'disconnected'
    if (statuses.some((status) => status === 'CHANNEL_ERROR' || status === 'TIMED_OUT')) return 'error'
    return statuses.every((status) => status === 'SUBSCRIBED') ? 'connected' : 'connecting'
  }
}
