// One channel for all that a client does on a topic together with others: presence and rooms share its join.
import { Channel } from './channel.js'
import { StorywireError } from './errors.js'
import { call } from './listeners.js'

/** @typedef {import('./client.js').Client} Client */
/** @typedef {import('./channel.js').SendResult} SendResult */
/** @typedef {import('./types.js').Person} Person */
/** @typedef {{ key?: string | number | null, private?: boolean, onError?: (error: StorywireError) => unknown }} Options */

/**
 * A user of the channel. `meta` is its share of what this client shows of itself; null: nothing.
 * @typedef {{ meta: Record<string, any> | null, onError?: ((error: StorywireError) => unknown) | undefined, hear?: ((people: Person[], came: Person[], gone: Person[]) => void) | undefined }} User
 */

/** Everybody on the topic is told a meta, again and again: what is larger belongs into a row. */
const META_LIMIT = 10_000

/** After a gap the others may come back later than this client: so long nobody is taken for gone. Milliseconds. */
const PATIENCE = 8_000

/** @type {WeakMap<Client, { key: string, channels: Map<string, SharedChannel> }>} */
const clients = new WeakMap()

/**
 * The channel of a topic, joined if it is not yet.
 * @param {Client} client @param {string} topic @param {Options} options @param {User} user
 */
export function shareChannel(client, topic, options, user) {
  const known = clients.get(client) ?? { key: randomKey(), channels: new Map() }
  clients.set(client, known)
  const shared = known.channels.get(topic) ?? new SharedChannel(client, topic, options, known.key, () => known.channels.delete(topic))
  known.channels.set(topic, shared)
  shared.add(user, options)
  return shared
}

/** Of a visitor whom the page does not name. */
const randomKey = () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (part) => part.toString(36)).join('')

export class SharedChannel {
  /** Whether the state of the topic is known. */
  isSynced = false
  channel
  /** Under which this client is present. */
  key
  #client
  #forget
  #private
  #hasOwnKey = false
  /** @type {Set<User>} */
  #users = new Set()
  /** Who is here as the server says it, in the order of coming. @type {Map<string, any[]>} */
  #metas = new Map()
  /** Those who have gone as far as the server knows after a gap, while there is patience. @type {Set<string>} */
  #missed = new Set()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience
  /** Who is here, as the users were last told. @type {Map<string, Person>} */
  #people = new Map()
  /** By their metas, which are another list when anything is different. @type {WeakMap<any[], Person>} */
  #persons = new WeakMap()
  /** What this client shows of itself, as JSON, and since when. */
  #shown = ''
  #shownAt = ''

  /**
   * @param {Client} client @param {string} topic @param {Options} options @param {string} key of a nameless visitor
   * @param {() => void} forget
   */
  constructor(client, topic, { private: isPrivate = false }, key, forget) {
    this.#client = client
    this.#forget = forget
    this.#private = Boolean(isPrivate)
    this.key = key
    this.channel = new Channel(client, topic, this.#config())
    this.channel.on('presence', { event: '*' }, (message) => this.#hear(message))
  }

  #config() {
    return { config: { private: this.#private, presence: { key: this.key, enabled: true } } }
  }

  /** @param {User} user @param {Options} options */
  add(user, { key, private: isPrivate = false }) {
    const isFirst = this.#users.size === 0
    this.#users.add(user)
    if (Boolean(isPrivate) !== this.#private) this.#client.hearError(new StorywireError('other-options', { about: this.channel.name }))
    const own = key === undefined || key === null ? '' : String(key)
    if (own && this.#hasOwnKey && own !== this.key) {
      this.#client.hearError(new StorywireError(`This client is on "${this.channel.name}" under another key already, and keeps it: give presence() and room() of a topic the same key, or close the others first.`))
    } else if (own) {
      const isOther = own !== this.key
      this.#hasOwnKey = true
      this.key = own
      if (isOther) this.#rejoin()
    }
    if (isFirst) {
      this.channel.subscribe((status, error) => {
        if (status === 'SUBSCRIBED' && this.#people.size > 0) this.#bePatient()
        // Nothing is said any more of a client that was closed.
        if (status === 'CLOSED') clearTimeout(this.#patience)
        if (!error) return
        for (const one of [...this.#users]) call(one.onError, /** @type {StorywireError} */ (error))
      })
    }
    if (this.isSynced) queueMicrotask(() => user.hear?.(this.people, [], []))
    this.show()
  }

  /** A key is given with the join, so another key needs another join. What is known stays shown until that is made. */
  #rejoin() {
    this.#shown = ''
    this.isSynced = false
    this.channel.reconfigure(this.#config())
  }

  /**
   * A user wants something else to be seen. Where two say something of the same name, the later word counts.
   * @param {User} user
   */
  update(user) {
    if (this.#users.delete(user)) this.#users.add(user)
    return this.show()
  }

  /** @param {User} user */
  remove(user) {
    if (!this.#users.delete(user)) return
    if (this.#users.size > 0) {
      this.show()
      return
    }
    clearTimeout(this.#patience)
    this.#forget()
    this.channel.unsubscribe()
  }

  /** Joined again: everybody else is joining again too, each in their own time. */
  #bePatient() {
    clearTimeout(this.#patience)
    this.#patience = setTimeout(() => {
      this.#patience = undefined
      for (const key of this.#missed) this.#metas.delete(key)
      this.#missed.clear()
      this.#tell()
    }, PATIENCE)
  }

  /**
   * Shows what the users want of this client to be seen, if it is something else than before. The core keeps it under the
   * server's limit: the latest wins.
   * @returns {Promise<SendResult>}
   */
  async show() {
    const metas = [...this.#users].map(({ meta }) => meta).filter((meta) => meta !== null)
    const wanted = metas.length > 0 ? toJson(Object.assign({}, ...metas)) : ''
    if (wanted === undefined || wanted.length > META_LIMIT) {
      this.#client.hearError(new StorywireError(wanted ? `The meta of presence is told to everybody on "${this.channel.name}", so it has at most 10,000 characters of JSON: keep what is large in a row, and put its id into meta.` : 'bad-json'))
      return 'error'
    }
    if (wanted === this.#shown) return 'ok'
    this.#shown = wanted
    this.#shownAt = new Date().toISOString()
    queueMicrotask(() => this.#tell())
    return wanted ? this.channel.track({ ...JSON.parse(wanted), online_at: this.#shownAt }) : this.channel.untrack()
  }

  /** @param {{ event: string, key: string, currentPresences: any[], newPresences: any[] }} message */
  #hear({ event, key, currentPresences, newPresences }) {
    if (event === 'join') {
      this.#missed.delete(key)
      this.#metas.set(key, [...currentPresences, ...newPresences])
    } else if (event === 'leave') {
      if (currentPresences.length > 0) this.#metas.set(key, currentPresences)
      else if (this.#patience) this.#missed.add(key)
      else this.#metas.delete(key)
    } else {
      if (!this.isSynced) this.#metas = new Map(Object.entries(this.channel.presenceState()))
      this.isSynced = true
      this.#tell()
    }
  }

  #tell() {
    if (!this.isSynced) return
    const metas = new Map(this.#metas)
    // Oneself is here without waiting for the server to say so, and with what was said last.
    const own = this.#shown ? { ...JSON.parse(this.#shown), online_at: this.#shownAt } : undefined
    if (own) metas.set(this.key, [...(metas.get(this.key) ?? []).filter((meta) => meta.online_at !== own.online_at), own])
    const before = this.#people
    const people = new Map()
    for (const [key, all] of metas) {
      const person = this.#persons.get(all) ?? toPerson(key, all, key === this.key)
      this.#persons.set(all, person)
      people.set(key, person)
    }
    this.#people = people
    const came = [...people.values()].filter(({ key }) => !before.has(key))
    const gone = [...before.values()].filter(({ key }) => !people.has(key))
    for (const user of [...this.#users]) user.hear?.([...people.values()], came, gone)
  }

  get people() {
    return [...this.#people.values()]
  }
}

/** @param {any} value @returns {string | undefined} */
function toJson(value) {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/**
 * One person, however many tabs: what was said last shows, over what was said before it.
 * @param {string} key @param {any[]} metas @param {boolean} isSelf @returns {Person}
 */
function toPerson(key, metas, isSelf) {
  const said = (/** @type {any} */ meta) => (typeof meta.online_at === 'string' ? meta.online_at : '')
  const inOrder = [...metas].sort((one, other) => (said(one) < said(other) ? -1 : said(one) > said(other) ? 1 : 0))
  // Without a prototype, so that every name is only a name.
  return { key, meta: Object.assign(Object.create(null), ...inOrder), metas: inOrder, self: isSelf }
}
