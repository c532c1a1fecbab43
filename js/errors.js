// Codes of the core, and the sentences that say what is wrong and how to cure it. A test keeps them equal to
// src/core/error.rs. What a page that only shows stories cannot meet stands with the part that can.

/**
 * Those that are said at once, or when there may be no network to get others by. The others are in js/sentences.js.
 * @type {Record<string, string>}
 */
export const sentences = {
  'service-key': 'This key opens the whole project and must never be in a page: use the publishable (sb_publishable_…) or anon key, and make a new secret one, since this one has been shown.',
  'socket-refused': 'The connection could not be opened: check the project URL and the key, that the project is running, and that a WebSocket can pass the network.',
  'socket-closed': 'The connection was lost.',
  'heartbeat-lost': 'The server no longer answers on this connection, so a new one is made.',
  'token-unavailable': 'accessToken threw, or gave no answer within ten seconds: it must return a token or null.',
  'join-timeout': 'The server did not answer the join in time.',
  'read-failed': 'The rows could not be read for now: the network or the server does not answer.',
  'bad-url': 'The project URL must be an absolute http(s) address, e.g. https://xyz.supabase.co.',
  'no-key': 'A key is needed: the publishable (sb_publishable_…) or anon key of the project.',
  'not-loaded': 'The WebAssembly module could not be loaded: check the network, and that the .wasm files of this version lie beside the script.',
  'wasm-refused': 'This page may not run WebAssembly: if it has a content security policy, add \'wasm-unsafe-eval\' to its script-src; a few browsers have none, such as Safari in lockdown mode.',
  'retry-failed': 'The retry could not be asked for: give createClient an apiBase, or the story a retry function.',
}

/** Whether the sentence of a code is here. @param {string} code */
export const isSaid = (code) => code in sentences || 'bad-frame' in sentences

/** Gets the others. Never rejects. @param {string} code that is to have a sentence afterwards, whatever happens */
export const learn = (code) =>
  import('./sentences.js').then(
    ({ others }) => Object.assign(sentences, others),
    () => (sentences[code] = `${code} (what this means could not be loaded: see docs/troubleshooting.md).`),
  )

/** The caller's mistakes in the order of `Misuse::ALL`: an export returns −1 for the first. */
export const misuses = 'service-key bad-json empty-topic other-options bad-filter unknown-channel too-many-channels bad-bytes bad-replay closed'.split(' ')

/** Something that failed, with a code for programs and a sentence for people. */
export class StorywireError extends Error {
  /**
   * @param {string} code
   * @param {{ detail?: string, retryIn?: number | null, about?: string }} [more] what the server said; milliseconds to the next attempt
   */
  constructor(code, { detail = '', retryIn = null, about = '' } = {}) {
    super([sentences[code] ?? code, detail && `The ${/^(not|wasm)-/.test(code) ? 'browser' : 'server'} says: ${detail}`, when(retryIn)].filter(Boolean).join(' '))
    this.name = 'StorywireError'
    this.code = code
    this.detail = detail
    this.retryIn = retryIn
    this.about = about
  }
}

/** @param {number | null} retryIn */
const when = (retryIn) => (retryIn === null ? '' : `Next attempt in ${Math.ceil(retryIn / 1000)} s.`)

/**
 * Whether a key must not be in a page: `sb_secret_…`, or a JWT of the role `service_role`.
 * @param {string} key
 */
export function isServiceKey(key) {
  if (key.startsWith('sb_secret_')) return true
  try {
    return JSON.parse(atob((key.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/'))).role === 'service_role'
  } catch {
    return false
  }
}
