// Looks over the client's shoulder: what goes over its socket and its reads, which topics there are, and where each story's
// state came from. It wraps what the client opens; the client itself knows nothing of it.
import { decode } from '../testing/frame.js'
import { bare, redact } from './redact.js'

/** How many messages and errors are kept. */
const KEPT = 50

/** @typedef {{ at: number, from: 'page' | 'server', topic: string, event: string, note: string, text: string }} Line */
/** `tables`: whose changes it asked for, with how many rows of them where it named several. @typedef {{ state: string, at: number, tables: string[] }} Topic */
/** @typedef {{ how: 'read' | 'change' | 'poll', at: number }} Source */

export class Trace {
  /** @type {Line[]} */
  lines = []
  /** @type {Map<string, Topic>} */
  topics = new Map()
  /** Where the last news of a story came from, and what its row names. @type {Map<string, Source & { assets: string[] }>} */
  stories = new Map()
  /** Where the last change of an asset came from: by story and asset. @type {Map<string, Source & { status: string, progress: number | null }>} */
  assets = new Map()
  /** @type {{ at: number, error: any }[]} */
  errors = []
  connection = { state: 'stopped', at: Date.now() }
  /** HTTP statuses of the reads, newest last. @type {number[]} */
  statuses = []
  /** What the page's policy has blocked. @type {{ directive: string, blocked: string }[]} */
  blocked = []
  /** Whether a token was ever given. */
  hasToken = false
  /** @type {Set<string>} */
  #secrets = new Set()
  /** @type {Set<() => void>} */
  #listeners = new Set()
  /** @type {Map<string, string>} joins that wait for their reply: by their reference */
  #joins = new Map()

  /** @param {import('../prepare.js').Setting} setting */
  constructor({ options, project, listen, tag }) {
    this.#secret(tag.supabaseKey)
    const read = options.fetch ?? ((url, init) => fetch(url, init))
    const Base = /** @type {typeof WebSocket} */ (options.WebSocket ?? WebSocket)
    const trace = this
    options.WebSocket = class extends Base {
      /** @param {string} url */
      constructor(url) {
        trace.#secret(new URL(url).searchParams.get('apikey'))
        super(url)
        trace.#note('page', 'socket', 'opening', bare(url))
        this.addEventListener('open', () => trace.#note('server', 'socket', 'open', ''))
        this.addEventListener('message', ({ data }) => trace.#hear('server', data))
        this.addEventListener('close', ({ code, reason }) => trace.#lose(code, reason))
      }

      /** @override @param {any} data */
      send(data) {
        trace.#hear('page', data)
        super.send(data)
      }
    }
    options.fetch = async (url, init) => {
      const isRead = url.includes('/rest/v1/') && (init?.method ?? 'GET') === 'GET'
      try {
        const response = await read(url, init)
        // A stream has no end to wait for.
        const text = isRead ? await response.clone().text() : ''
        this.#answered(url, init, response.status, text)
        return response
      } catch (error) {
        this.#answered(url, init, 0, String(error))
        throw error
      }
    }
    // Whoever asks for a token shows it to us, so that it can be hidden by its value. The tag may set it later.
    let giveToken = options.accessToken
    const ask = async () => {
      const token = await giveToken?.()
      this.hasToken ||= Boolean(token)
      this.#secret(token)
      return token
    }
    Object.defineProperty(options, 'accessToken', { configurable: true, enumerable: true, get: () => giveToken && ask, set: (give) => (giveToken = give) })
    listen('connection', (state) => {
      this.connection = { state, at: Date.now() }
      this.#tell()
    })
    listen('error', (error) => {
      this.errors = [...this.errors, { at: Date.now(), error }].slice(-KEPT)
      this.#tell()
    })
    listen('asset', ({ story, asset, status, progress }) => {
      const { how = 'read', at = Date.now() } = this.stories.get(story) ?? {}
      this.assets.set(`${story} ${asset}`, { how, at, status, progress })
      this.#tell()
    })
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      const ours = [project.url, tag.apiBase].some((url) => url && blockedURI.startsWith(url.slice(0, 12))) || /wasm|^wss?:/.test(blockedURI)
      if (ours || effectiveDirective === 'connect-src') this.blocked.push({ directive: effectiveDirective, blocked: bare(blockedURI) })
      this.#tell()
    })
  }

  /** Calls back when something is new. @param {() => void} listener */
  on(listener) {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @param {string} text */
  clean(text) {
    return redact(text, this.#secrets)
  }

  /** @param {unknown} value */
  #secret(value) {
    if (typeof value === 'string' && value) this.#secrets.add(value)
  }

  #tell() {
    for (const listener of this.#listeners) listener()
  }

  /** @param {'page' | 'server'} from @param {string} topic @param {string} event @param {string} text @param {string} [note] what the report may say of it */
  #note(from, topic, event, text, note = '') {
    this.lines = [...this.lines.slice(1 - KEPT), { at: Date.now(), from, topic: this.clean(topic), event: this.clean(event), note: this.clean(note), text: this.clean(text).slice(0, 600) }]
    this.#tell()
  }

  /** @param {number} code @param {string} reason */
  #lose(code, reason) {
    for (const topic of this.topics.values()) Object.assign(topic, { state: 'lost with the socket', at: Date.now() })
    this.#note('server', 'socket', 'closed', `${code} ${reason}`, String(code))
  }

  /** @param {'page' | 'server'} from @param {any} data */
  #hear(from, data) {
    if (typeof data !== 'string') return this.#note(from, '', 'broadcast', `${data.byteLength ?? data.size} bytes`)
    const message = decode(data)
    if (!message) return this.#note(from, '', 'not a message', data)
    const { topic, event, payload, ref } = message
    if (payload?.access_token) this.#secret(payload.access_token)
    const name = topic.replace('realtime:', '')
    const set = (/** @type {string} */ state) => this.topics.set(name, { tables: [], ...this.topics.get(name), state, at: Date.now() })
    if (event === 'phx_join') {
      this.#joins.set(String(ref), name)
      this.topics.set(name, { state: 'joining', at: Date.now(), tables: (payload.config?.postgres_changes ?? []).map(named) })
    } else if (event === 'phx_reply' && this.#joins.get(String(ref)) === name) {
      this.#joins.delete(String(ref))
      const waits = this.topics.get(name)?.tables.length
      set(payload.status === 'ok' ? (waits ? 'joined, waiting for changes to flow' : 'joined') : `refused: ${this.clean(String(payload.response?.reason ?? ''))}`)
    } else if (event === 'system' && payload.extension === 'postgres_changes') set(payload.status === 'ok' ? 'live' : `no changes: ${this.clean(String(payload.message))}`)
    else if (event === 'phx_close') set('closed by the server')
    else if (event === 'phx_error') set('crashed on the server')
    else if (event === 'phx_leave') this.topics.delete(name)
    else if (event === 'postgres_changes') this.#news(payload.data?.record, 'change')
    const note = String(event === 'phx_reply' ? `${payload.status} ${payload.response?.reason ?? ''}` : event === 'system' ? `${payload.extension} ${payload.status}: ${payload.message}` : event === 'postgres_changes' ? `${payload.data?.type} ${payload.data?.table}` : '')
    this.#note(from, name, event, JSON.stringify(payload), note.trim())
  }

  /** @param {string} url @param {RequestInit | undefined} init @param {number} status @param {string} text */
  #answered(url, init, status, text) {
    this.statuses = [...this.statuses.slice(-9), status]
    try {
      for (const row of JSON.parse(text)) this.#news(row, this.connection.state === 'polling' ? 'poll' : 'read')
    } catch {
      // No rows: what is wrong with it, the client says.
    }
    const { pathname } = new URL(url, location.href)
    this.#note('server', pathname, `${init?.method ?? 'GET'} ${status || 'no answer'}`, text)
  }

  /** @param {any} row @param {Source['how']} how */
  #news(row, how) {
    if (row?.id === undefined) return
    const states = row.asset_generation_status?.assets ?? row.asset_generation_status ?? {}
    this.stories.set(String(row.id), { how, at: Date.now(), assets: Object.keys(Object(states)) })
  }
}

/** @param {{ table?: string, filter?: string }} entry of what a join asks for */
function named({ table = '*', filter = '' }) {
  const [, list] = /=in\.\((.*)\)$/s.exec(filter) ?? []
  const rows = list?.match(/"(?:[^"\\]|\\.)*"|[^,]+/g)?.length
  return rows ? `${rows} rows of ${table}` : table
}
