// Codes of the core, and the sentences that say what is wrong and how to cure it. A test keeps them equal to
// src/core/error.rs. What a page that only shows stories cannot meet stands with the part that can.

/** @type {Record<string, string>} */
export const sentences = {
  // The caller's mistakes.
  'service-key': 'This key opens the whole project and must never be in a page: use the publishable (sb_publishable_…) or anon key, and make a new secret one, since this one has been shown.',
  'bad-filter': 'The filter must read column=operator.value, e.g. id=eq.42, with one of eq, neq, lt, lte, gt, gte, in, like, ilike, is, match, imatch, isdistinct, and at most 100 values for in.',
  'too-many-channels': 'One connection carries at most 100 topics: unsubscribe what the page does not show, or follow several rows by one filter.',
  'closed': 'This client was closed: make a new one with createClient.',
  // The world's failures.
  'socket-refused': 'The connection could not be opened: check the project URL and the key, that the project is running, and that a WebSocket can pass the network.',
  'socket-closed': 'The connection was lost.',
  'heartbeat-lost': 'The server no longer answers on this connection, so a new one is made.',
  'bad-frame': 'The server sent something that is not a Realtime message; it was ignored. Does the URL point at Supabase Realtime?',
  'key-refused': 'The project does not accept this key: copy the publishable or anon key from the settings of the project whose URL you use.',
  'token-expired': 'The access token has expired: give accessToken a function that returns a fresh one, or call setAuth with it.',
  'token-invalid': 'The access token is not valid for this project: it must be a JWT with role and exp, signed with the secret of the project.',
  'token-unavailable': 'accessToken threw, or gave no answer within ten seconds: it must return a token or null.',
  'service-token': 'accessToken returned a service key, which must never be in a page, so it was not used: return the token of the signed-in user.',
  'unauthorized': 'The policies of the project do not let this user in: check the row level security of realtime.messages for this topic.',
  'configuration': 'The project does not offer what this channel asks for.',
  'throttled': 'A limit of the project was reached, so the next attempt comes later.',
  'join-refused': 'The server could not join the channel for now.',
  'join-timeout': 'The server did not answer the join in time.',
  'channel-closed': 'The server closed the channel.',
  'channel-crashed': 'The channel crashed on the server.',
  'changes-silent': 'The server joined the channel but does not send changes: is the table in the publication supabase_realtime?',
  'changes-refused': 'The server refused the changes asked for: check schema, table, column and filter, and that the table is in the publication supabase_realtime.',
  'read-failed': 'The rows could not be read for now: the network or the server does not answer.',
  'read-refused': 'The rows may not be read: check the name of the table and its columns, and its row level security for this user.',
  'row-missing': 'There is no such row, or row level security hides it from this user: check the id.',
  'bad-answer': 'The server answered a read with something that is not a list of rows: does the URL point at a Supabase project?',
  // Of the JavaScript side.
  'bad-url': 'The project URL must be an absolute http(s) address, e.g. https://xyz.supabase.co.',
  'no-key': 'A key is needed: the publishable (sb_publishable_…) or anon key of the project.',
  'not-loaded': 'The WebAssembly module could not be loaded: check the network, and that the .wasm files of this version lie beside the script.',
  'wasm-refused': 'This page may not run WebAssembly: if it has a content security policy, add \'wasm-unsafe-eval\' to its script-src; a few browsers have none, such as Safari in lockdown mode.',
  'no-story': 'story() needs the id of a story, and was called with none.',
  'stray-asset': 'An element with data-asset stands outside of any element with data-story-id, so nothing can be shown in it: put it into one.',
  'odd-unknown-status': 'The backend says a status that nobody knows, so the asset counts as pending: add the word to assets.words.',
  'odd-bad-progress': 'The backend says a progress that is no number from 0 to 100, so it counts as unknown.',
  'odd-bad-url': 'The backend gives an address whose scheme is not allowed in a page, so the asset counts as failed.',
  'odd-too-many': 'A story has more assets or items than a page can bear, so the rest is left out.',
  'retry-failed': 'The retry could not be asked for: give createClient an apiBase, or the story a retry function.',
}

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
