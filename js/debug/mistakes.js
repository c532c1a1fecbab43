// What is wrong with a page, and how to cure it: one sentence each.
import { isServiceKey, sentences } from '../errors.js'
import { isBound, worth } from '../settings.js'
import { bare } from './redact.js'

/** @typedef {import('./trace.js').Trace} Trace */
/** @typedef {import('../prepare.js').Setting} Setting */

const usual = ['text', 'cover', 'audio', 'scenes', 'activities', 'pdf', 'video']

/** What comes with a network and goes with it. */
const passing = /^(socket-|heartbeat-|join-|channel-|read-failed|throttled|token-(expired|unavailable))/

/** @type {Set<string>} */
const said = new Set()

/** Says on the console what is new among the mistakes. @param {Setting} setting @param {Trace} [trace] */
export function say(setting, trace) {
  for (const mistake of find(setting, trace)) {
    if (!said.has(mistake)) console.warn(`Storywire: ${mistake}`)
    said.add(mistake)
  }
}

/** Every mistake that can be seen. @param {Setting} setting @param {Trace} [trace] @returns {string[]} */
export function find(setting, trace) {
  return [...new Set([...ofTag(setting), ...ofElements(setting, trace), ...(trace ? ofBackend(setting, trace) : [])])]
}

/** @param {Setting} setting */
function* ofTag({ tag, project }) {
  const { supabaseUrl = '', supabaseKey = '' } = tag
  const dashboard = /supabase\.com\/dashboard\/project\/(\w+)/.exec(supabaseUrl)
  if (dashboard) yield `data-supabase-url is the address of the dashboard: use https://${dashboard[1]}.supabase.co instead.`
  else if (/\/(rest|auth|realtime|storage)\/v1/.test(supabaseUrl)) yield 'data-supabase-url must be the project alone: take away everything after .supabase.co.'
  if (isServiceKey(supabaseKey)) yield String(sentences['service-key'])
  if (!project.url && !supabaseUrl && tag.swDemo === undefined) yield 'The script tag has no data-supabase-url: copy the project URL from the settings of the project, e.g. https://xyz.supabase.co.'
  const tags = document.querySelectorAll('script[data-supabase-url]').length
  if (tags > 1) yield `There are ${tags} Storywire tags on this page and only the first counts: remove the others, in the site's custom code or in an embed.`
}

/** @param {Setting} setting @param {Trace} [trace] */
function* ofElements({ options }, trace) {
  for (const element of document.querySelectorAll('[data-story-id]')) {
    const id = element.getAttribute('data-story-id') ?? ''
    if (/\{\{|\}\}|\$\{|^\[object|^(undefined|null|NaN)$/.test(id)) yield `data-story-id="${id}" was not filled in: bind the attribute to a field of the collection, or to a value such as wized:v.currentStoryId.`
    else if (isBound(id)) yield* ofValue('data-story-id', id)
    else if (id.trim() === '') yield 'An element has an empty data-story-id, so nothing is shown in it: bind it to the id of a story.'
  }
  const own = Object.values(Object(options.assets?.columns)).map((target) => String(target).split('.')[0])
  const more = [...Object.keys(Object(options.assets?.media)), ...[options.assets?.order].flat().map(String)]
  for (const element of document.querySelectorAll('[data-asset]')) {
    const setting = element.getAttribute('data-asset') ?? ''
    yield* ofValue('data-asset', setting)
    const name = worth(setting)
    const container = element.closest('[data-story-id]')
    if (!container) yield `data-asset="${name}" stands outside of any element with data-story-id, so nothing is shown in it: put it into one.`
    const story = trace?.stories.get(worth(container?.getAttribute('data-story-id') ?? ''))
    const isReal = element.matches('[data-asset-state]:not([data-asset-state=pending])')
    const known = [...usual, ...own, ...more, ...(story?.assets ?? [])]
    if (!name || isReal || known.includes(name)) continue
    const near = known.filter((one) => one && distance(name.toLowerCase(), one) <= (one.length > 4 ? 2 : 1)).sort((one, other) => distance(name, one) - distance(name, other))[0]
    if (near) yield `data-asset="${name}" is not an asset of this story: did you mean "${near}"?`
    else if (story) yield `data-asset="${name}" is not an asset of this story, which has ${story.assets.join(', ') || 'none yet'}: check the spelling, or give the column to assets.columns.`
  }
}

/** What an attribute names a value for and does not find. @param {string} name @param {string} setting */
function* ofValue(name, setting) {
  if (worth(setting) || !isBound(setting)) return
  const { Wized } = /** @type {any} */ (globalThis)
  if (!setting.startsWith('wized:')) yield `${name}="${setting}" has no value: check that the page has what it names.`
  else if ('version' in Object(Wized) || Wized?.data) yield `${name}="${setting}" has no value in Wized yet: check the name of the variable, and that it is set on this page.`
  else yield `${name}="${setting}" waits for Wized, which is not on this page: add Wized's script, or give the value in another way.`
}

/** @param {Setting} setting @param {Trace} trace */
function* ofBackend({ tag, options, project }, trace) {
  const { table = 'stories', schema = 'public' } = options.stories ?? {}
  if (trace.statuses.at(-1) === 540) yield 'The project is paused: open it in the dashboard of Supabase and restore it.'
  for (const { directive, blocked } of trace.blocked) {
    if (/wasm/.test(blocked)) yield `The page's content security policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src.`
    else yield `The page's content security policy blocks ${blocked}: add its origin to ${directive}${directive === 'connect-src' ? `, with wss:// for the connection` : ''}.`
  }
  const { state, at: since } = trace.connection
  for (const { at, error } of trace.errors) {
    const { code, detail = '', about = '' } = error
    // What has healed is no mistake; and of a stray element it was said which.
    if (code === 'stray-asset' || (passing.test(code) && state === 'live' && at <= since)) continue
    const words = trace.clean(String(detail))
    if (code === 'changes-refused' && /check Realtime is enabled/i.test(words)) {
      const [, name = table] = /table: ([\w.]+)/.exec(words) ?? []
      yield `"${name}" is not in the publication supabase_realtime: run alter publication supabase_realtime add table ${schema === 'public' ? '' : `${schema}.`}${name};`
    } else if (code === 'changes-silent') yield `The server joined but sends no changes of "${table}": run alter publication supabase_realtime add table ${table}; and check that Realtime is enabled for the project.`
    else if (code === 'token-expired' && tag.accessToken && !isBound(tag.accessToken)) yield 'The token in data-access-token has expired, as each does that is written into a page: name a value that is renewed instead, such as wized:v.accessToken.'
    else if (code === 'token-expired' && tag.accessToken) yield `The token that data-access-token="${tag.accessToken}" names has expired: have the page renew it there, or sign in again.`
    else if (code === 'row-missing' && !trace.hasToken) yield `No row of "${table}" has the id "${about}", or row level security hides it since no token was set: check the id, and set data-access-token or add a policy that lets anon select it.`
    else if (code === 'row-missing') yield `No row of "${table}" has the id "${about}", or row level security hides it from this user: check the id and the policy for select.`
    else if (code === 'read-refused' && /uuid/.test(words)) yield `"${about}" is not the id of a story, since the column is a uuid: give data-story-id the primary key and not the slug.`
    else if (code === 'read-refused' && /find the table|does not exist|schema cache/.test(words)) yield `There is no table "${table}" in the schema "${schema}" (the server says: ${words}): name yours in the option stories, and expose its schema in the API settings.`
    else if (code === 'read-refused' && /permission denied/.test(words)) yield `The role of this visitor may not read "${table}": run grant select on ${table} to anon, authenticated; and add a policy.`
    else if ((code === 'socket-refused' || code === 'read-failed') && trace.statuses.every((status) => status === 0)) yield `Nothing answers at ${bare(project.url)}: check data-supabase-url, that the project is not paused, and that the network and the page's connect-src let it through.`
    else yield String(sentences[code] ?? trace.clean(String(error.message)))
  }
}

/** How many letters two words are apart; two that changed places count as one. @param {string} one @param {string} other */
export function distance(one, other) {
  /** @type {number[][]} */
  const rows = [Array.from({ length: other.length + 1 }, (_, at) => at)]
  const cell = (/** @type {number} */ row, /** @type {number} */ at) => rows[row]?.[at] ?? Infinity
  for (let row = 1; row <= one.length; row++) {
    rows[row] = [row]
    for (let at = 1; at <= other.length; at++) {
      const isSame = one[row - 1] === other[at - 1]
      const swapped = one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1] ? cell(row - 2, at - 2) + 1 : Infinity
      rows[row]?.push(Math.min(cell(row - 1, at) + 1, cell(row, at - 1) + 1, cell(row - 1, at - 1) + (isSame ? 0 : 1), swapped))
    }
  }
  return cell(one.length, other.length)
}
