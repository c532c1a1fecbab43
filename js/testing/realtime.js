// The realtime server of a fake backend: topics, joins, changes of rows, broadcasts, presence. It says what the real one
// says, in its order: the reply to a join first, and "Subscribed" when changes flow.
import { copy, listOf, matches } from './database.js'
import { decode, encode } from './frame.js'

/** @typedef {import('./socket.js').FakeSocket} FakeSocket */
/** @typedef {import('./frame.js').Message} Message */
/** @typedef {import('./database.js').Change} Change */
/** @typedef {{ id: number, event: string, schema: string, table?: string, filter?: string, select?: string[] }} Binding */
/**
 * One join of a topic on one socket. `flows`: the server has said that changes flow.
 * @typedef {{ socket: FakeSocket, topic: string, ref: string | null, config: any, bindings: Binding[], token: string | undefined,
 *   key: string, flows: boolean, subscribing: number }} Member
 */
/**
 * What the rest of the backend decides.
 * @typedef {object} Rules
 * @property {(task: () => void, delay?: number) => void} later
 * @property {() => number} now
 * @property {number} subscribeDelay
 * @property {(table: string) => boolean} isPublished
 * @property {(table: string, row: any, token: string | undefined) => boolean} maySee
 * @property {(topic: string, token: string | undefined) => string} refusal why a token may not join, or empty
 * @property {(what: string, about: string) => any} failure what a test has armed
 * @property {(from: 'page' | 'backend', message: Message) => void} note
 */

export class Realtime {
  /** @type {Map<FakeSocket, boolean>} whether it speaks version 1.0.0 */
  sockets = new Map()
  /** @type {Member[]} */
  members = []
  #rules
  #lastBinding = 0
  #lastId = 0
  /** Who is present: by topic and key, what was tracked. @type {Map<string, Map<string, { ref: string, meta: any, member?: Member }[]>>} */
  #present = new Map()
  /** Broadcasts of the backend, for replay. @type {{ topic: string, at: number, payload: any }[]} */
  #kept = []

  /** @param {Rules} rules */
  constructor(rules) {
    this.#rules = rules
  }

  // Sockets.

  /** @param {FakeSocket} socket */
  connect(socket) {
    this.sockets.set(socket, new URL(socket.url).searchParams.get('vsn') !== '2.0.0')
    socket.open()
  }

  /** @param {FakeSocket} socket */
  disconnect(socket) {
    for (const member of this.members.filter((one) => one.socket === socket)) this.#leave(member)
    this.sockets.delete(socket)
  }

  /** @param {FakeSocket} socket @param {any} data */
  receive(socket, data) {
    const message = decode(data)
    if (!message) return
    this.#rules.note('page', message)
    const { topic, event } = message
    if (topic === 'phoenix') {
      if (event === 'heartbeat') this.#reply(socket, message, 'ok', {})
      return
    }
    if (event === 'phx_join') return this.#join(socket, message)
    const member = this.members.find((one) => one.socket === socket && one.topic === topic)
    if (!member) return this.#reply(socket, { ...message, join_ref: null }, 'error', { reason: 'unmatched topic' })
    if (event === 'phx_leave') {
      this.#leave(member)
      this.#reply(socket, message, 'ok', {})
      this.#close(member)
    } else if (event === 'access_token') this.#renew(member, message.payload.access_token)
    else if (event === 'broadcast') this.#relay(member, message)
    else if (event === 'presence') this.#handlePresence(member, message)
  }

  /** @param {FakeSocket} socket @param {Message} message */
  #send(socket, message) {
    this.#rules.later(() => {
      if (!this.sockets.has(socket)) return
      this.#rules.note('backend', message)
      socket.hear(encode(message, Boolean(this.sockets.get(socket))))
    })
  }

  /** @param {FakeSocket} socket @param {Message} to @param {'ok' | 'error'} status @param {any} response */
  #reply(socket, { join_ref, ref, topic }, status, response) {
    this.#send(socket, { join_ref, ref, topic, event: 'phx_reply', payload: { status, response } })
  }

  /** @param {Member} member */
  #close(member) {
    this.#send(member.socket, { join_ref: member.ref, ref: member.ref, topic: member.topic, event: 'phx_close', payload: {} })
  }

  /** @param {Member} member @param {string} extension @param {'ok' | 'error'} status @param {string} message */
  #system(member, extension, status, message) {
    const payload = { message, status, extension, channel: member.topic.replace('realtime:', '') }
    this.#send(member.socket, { join_ref: member.ref, ref: null, topic: member.topic, event: 'system', payload })
  }

  // Joins.

  /** @param {FakeSocket} socket @param {Message} message */
  #join(socket, message) {
    const { topic, payload } = message
    const name = topic.replace('realtime:', '')
    const token = payload.access_token ?? undefined
    const failure = this.#rules.failure('join', name)
    if (failure?.silent) return
    const reason = failure ? (failure.reason ?? 'UnableToConnectToProject: Realtime was unable to connect to the project database') : this.#rules.refusal(name, token)
    if (reason) return this.#reply(socket, message, 'error', { reason })
    const before = this.members.find((one) => one.socket === socket && one.topic === topic)
    const { postgres_changes: asked = [], presence = {} } = payload.config ?? {}
    const bindings = asked.map((/** @type {any} */ entry) => ({ ...entry, id: this.#idOf(entry) }))
    /** @type {Member} */
    const member = { socket, topic, ref: message.join_ref ?? message.ref, config: payload.config ?? {}, bindings, token, key: presence.key || `key-${++this.#lastId}`, flows: false, subscribing: 0 }
    this.#reply(socket, message, 'ok', { postgres_changes: bindings })
    if (before) {
      this.#leave(before)
      this.#close(before)
    }
    this.members.push(member)
    this.#subscribe(member)
    if (presence.enabled) this.#send(socket, { join_ref: member.ref, ref: null, topic, event: 'presence_state', payload: this.#state(topic) })
    this.#replay(member)
  }

  /** A hash of what was asked for, on the real server: equal entries share one. @param {any} entry */
  #idOf(entry) {
    const same = this.members.flatMap(({ bindings }) => bindings).find(({ id, ...of }) => JSON.stringify(of) === JSON.stringify(entry))
    return same?.id ?? ++this.#lastBinding
  }

  /** Says that changes flow, or why they do not. @param {Member} member */
  #subscribe(member) {
    if (member.bindings.length === 0) return
    const turn = ++member.subscribing
    this.#rules.later(() => {
      if (!this.members.includes(member) || member.subscribing !== turn) return
      const failure = this.#rules.failure('changes', member.topic.replace('realtime:', ''))
      if (failure?.silent) return
      const unknown = member.bindings.find(({ table }) => table && !this.#rules.isPublished(table))
      const message = failure ? (failure.message ?? 'Unable to subscribe to changes') : unknown && unpublished(unknown)
      if (message) return this.#system(member, 'postgres_changes', 'error', message)
      member.flows = true
      this.#system(member, 'postgres_changes', 'ok', 'Subscribed to PostgreSQL')
    }, this.#rules.subscribeDelay)
  }

  /** @param {Member} member @param {string | undefined} token */
  #renew(member, token) {
    if (!token || token === member.token) return
    const reason = this.#rules.refusal(member.topic.replace('realtime:', ''), token)
    if (reason) return this.#end(member, reason)
    member.token = token
    this.#subscribe(member)
  }

  /** @param {Member} member @param {string} reason */
  #end(member, reason) {
    this.#system(member, 'system', 'error', reason.replace(/^\w+: /, ''))
    this.#leave(member)
    this.#close(member)
  }

  /** Ends the channels of a topic, or all, as the server does when it has a reason. @param {string} reason @param {string} [topic] */
  end(reason, topic) {
    for (const member of this.#of(topic)) this.#end(member, reason)
  }

  /** @param {string} [topic] */
  crash(topic) {
    for (const member of this.members.filter((one) => topic === undefined || one.topic === `realtime:${topic}` || shares(one, topic))) {
      this.#leave(member)
      this.#send(member.socket, { join_ref: member.ref, ref: member.ref, topic: member.topic, event: 'phx_error', payload: { reason: 'channel_crash' } })
    }
  }

  /** Whether changes flow for a story, by the name of the topic that it would have by itself. @param {string} topic */
  isFollowed(topic) {
    return this.members.some((member) => member.flows && shares(member, topic))
  }

  /** @param {string} [topic] */
  #of(topic) {
    return this.members.filter((member) => topic === undefined || member.topic === `realtime:${topic}`)
  }

  /** @param {Member} member */
  #leave(member) {
    this.members = this.members.filter((one) => one !== member)
    const keys = this.#present.get(member.topic)
    for (const [key, metas] of [...(keys ?? [])]) {
      const mine = metas.filter((meta) => meta.member === member)
      if (mine.length) this.#untrack(member.topic, key, mine)
    }
  }

  // Changes of rows.

  /** @param {Change} change */
  change({ type, table, row, old, at }) {
    for (const member of this.members.filter(({ flows }) => flows)) {
      const fits = (/** @type {Binding} */ { event = '*', schema = 'public', table: of, filter }) => {
        if (schema !== 'public' || (of && of !== table) || (event !== '*' && event.toUpperCase() !== type)) return false
        const [column = '', condition] = (filter ?? '').split(/=(.*)/s)
        // A deleted row has only its key, so filters on other columns cannot be asked.
        const concerned = row ?? old ?? {}
        return !condition || (!row && !(column in concerned)) || matches(concerned, column, unquoted(condition))
      }
      const ids = member.bindings.filter(fits).map(({ id }) => id)
      // Row level security does not hold for deletions, on the real server neither.
      if (ids.length === 0 || !this.#rules.isPublished(table) || (row && !this.#rules.maySee(table, row, member.token))) continue
      const columns = Object.keys(row ?? old ?? {}).map((name) => ({ name, type: 'text' }))
      const data = { schema: 'public', table, type, commit_timestamp: at, columns, ...(row && { record: copy(row) }), ...(old && { old_record: copy(old) }), errors: null }
      this.#send(member.socket, { join_ref: null, ref: null, topic: member.topic, event: 'postgres_changes', payload: { ids, data } })
    }
  }

  // Broadcasts.

  /** @param {string} topic @param {string} event @param {any} payload */
  broadcast(topic, event, payload) {
    const message = { type: 'broadcast', event, payload: payload instanceof Uint8Array ? payload : copy(payload ?? {}), meta: { id: `message-${++this.#lastId}` } }
    this.#kept.push({ topic: `realtime:${topic}`, at: this.#rules.now(), payload: message })
    for (const member of this.#of(topic)) this.#send(member.socket, { join_ref: null, ref: null, topic: member.topic, event: 'broadcast', payload: message })
  }

  /** @param {Member} sender @param {Message} message */
  #relay(sender, message) {
    const { broadcast = {}, private: isPrivate = false } = sender.config
    for (const member of this.members.filter(({ topic, config }) => topic === sender.topic && Boolean(config.private) === isPrivate)) {
      if (member === sender && !broadcast.self) continue
      this.#send(member.socket, { join_ref: null, ref: null, topic: member.topic, event: 'broadcast', payload: message.payload })
    }
    if (!broadcast.ack) return
    const failure = this.#rules.failure('broadcast', sender.topic.replace('realtime:', ''))
    if (!failure?.silent) this.#reply(sender.socket, message, failure ? 'error' : 'ok', failure ? (failure.reason ?? 'payload_size_exceeded') : {})
  }

  /** @param {Member} member */
  #replay(member) {
    const replay = member.config.broadcast?.replay
    if (!replay || !member.config.private) return
    const kept = this.#kept.filter(({ topic, at }) => topic === member.topic && at >= replay.since).slice(-(replay.limit ?? 25))
    for (const { payload } of kept) {
      this.#send(member.socket, { join_ref: null, ref: null, topic: member.topic, event: 'broadcast', payload: { ...payload, meta: { ...payload.meta, replayed: true } } })
    }
  }

  // Presence.

  /** @param {Member} member @param {Message} message */
  #handlePresence(member, message) {
    const { event, payload: meta } = message.payload
    const failure = this.#rules.failure('presence', member.topic.replace('realtime:', ''))
    if (failure) return failure.silent || this.#reply(member.socket, message, 'error', failure.reason ?? 'presence_rate_limited')
    const mine = this.#metas(member.topic, member.key).filter((one) => one.member === member)
    if (event === 'track') this.track(member.topic, member.key, meta ?? {}, member)
    else if (mine.length) this.#untrack(member.topic, member.key, mine)
    this.#reply(member.socket, message, 'ok', {})
  }

  /** @param {string} topic @param {string} key */
  #metas(topic, key) {
    return this.#present.get(topic)?.get(key) ?? []
  }

  /** @param {string} topic with its prefix @param {string} key @param {any} meta @param {Member} [member] */
  track(topic, key, meta, member) {
    const before = this.#metas(topic, key).filter((one) => one.member === member)
    const entry = { ref: `ref-${++this.#lastId}`, meta: copy(meta), member }
    const keys = this.#present.get(topic) ?? new Map()
    this.#present.set(topic, keys.set(key, [...this.#metas(topic, key).filter((one) => one.member !== member), entry]))
    this.#tellPresence(topic, { joins: wire(key, [entry]), leaves: wire(key, before) })
  }

  /** @param {string} topic @param {string} key @param {{ ref: string, meta: any }[]} [gone] all of the key */
  #untrack(topic, key, gone = this.#metas(topic, key)) {
    const left = this.#metas(topic, key).filter((one) => !gone.includes(one))
    if (left.length) this.#present.get(topic)?.set(key, left)
    else this.#present.get(topic)?.delete(key)
    if (gone.length) this.#tellPresence(topic, { joins: {}, leaves: wire(key, gone) })
  }

  /** @param {string} topic with its prefix @param {string} key */
  untrack(topic, key) {
    this.#untrack(topic, key)
  }

  /** @param {string} topic @param {{ joins: any, leaves: any }} payload */
  #tellPresence(topic, payload) {
    for (const member of this.members.filter((one) => one.topic === topic && one.config.presence?.enabled)) {
      this.#send(member.socket, { join_ref: null, ref: null, topic, event: 'presence_diff', payload })
    }
  }

  /** @param {string} topic */
  #state(topic) {
    return Object.fromEntries([...(this.#present.get(topic) ?? [])].map(([key, metas]) => [key, { metas: metas.map(metaOf) }]))
  }

  /** Who is present on a topic: what each tracked. @param {string} topic @returns {Record<string, any[]>} */
  presenceState(topic) {
    return Object.fromEntries([...(this.#present.get(`realtime:${topic}`) ?? [])].map(([key, metas]) => [key, metas.map(({ meta }) => meta)]))
  }
}

/** @param {{ ref: string, meta: any }} entry */
const metaOf = ({ ref, meta }) => ({ phx_ref: ref, ...meta })

/** @param {string} key @param {{ ref: string, meta: any }[]} entries */
const wire = (key, entries) => (entries.length ? { [key]: { metas: entries.map(metaOf) } } : {})

/** Realtime takes a value in quotes, where PostgREST takes it as it stands. @param {string} condition */
const unquoted = (condition) => condition.replace(/^((?:not\.)?(?!in\.)\w+\.)"(.*)"$/s, (_, before, value) => before + value.replace(/\\(.)/gs, '$1'))

/** The server's own words. @param {Binding} binding */
const unpublished = ({ event, schema, table, filter }) =>
  `Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: ${event}, schema: ${schema}, table: ${table}, filters: [${filter ?? ''}]]`

/** Whether a topic that several stories share is that of this one too: `story:42`. @param {Member} member @param {string} topic */
function shares({ topic: shared, bindings }, topic) {
  const [, prefix, id = ''] = /^([^:]*:)(.*)$/s.exec(topic) ?? []
  const list = /=in\.(\(.*\))$/s.exec(bindings[0]?.filter ?? '')?.[1]
  return Boolean(list && shared.startsWith(`realtime:${prefix}`) && listOf(list).includes(id))
}
