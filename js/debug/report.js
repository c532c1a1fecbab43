// A text for a support request. It is made of what may be said, rather than of everything with the secrets taken out; then
// the secrets are taken out.
import { worth } from '../settings.js'
import { find } from './mistakes.js'
import { bare, redact } from './redact.js'

/** @typedef {import('../prepare.js').Setting} Setting */
/** @typedef {import('./trace.js').Trace} Trace */

/** @param {number} at */
export const clock = (at) => new Date(at).toTimeString().slice(0, 8)

/**
 * The elements with `data-asset`, and what is known of each.
 * @param {Trace | undefined} trace
 */
export function assets(trace) {
  return [...document.querySelectorAll('[data-asset]')].map((element) => {
    const [asset, story] = ['data-asset', 'data-story-id'].map((name) => worth(element.closest(`[${name}]`)?.getAttribute(name) ?? ''))
    const source = trace?.assets.get(`${story} ${asset}`) ?? trace?.stories.get(story)
    const words = { read: 'a read', change: 'a change', poll: 'a poll' }
    return {
      story,
      asset,
      state: element.getAttribute('data-asset-state') ?? 'not followed',
      progress: element.getAttribute('data-progress') ?? '',
      source: source ? `from ${words[source.how]}, ${clock(source.at)}` : trace ? 'nothing yet' : 'not traced',
    }
  })
}

/** @param {Setting} setting @param {Trace} [trace] */
export function report(setting, trace) {
  const { tag, own, project, options } = setting
  const given = Object.keys(tag).map((name) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
  const lines = [
    `Storywire ${own.version ?? ''}, ${new Date().toISOString()}`,
    `page: ${bare(location.href)}`,
    `project: ${bare(project.url || tag.supabaseUrl || '')}`,
    `api: ${options.apiBase ? bare(options.apiBase) : 'none'}`,
    `attributes of the tag: ${given.join(', ')}`,
    `browser: ${navigator.userAgent}`,
    `visible: ${!document.hidden}, online: ${navigator.onLine}`,
    `connection: ${own.client?.connection ?? 'no client'}${trace ? ` since ${clock(trace.connection.at)}` : ''}`,
    '',
    'mistakes:',
    ...list(find(setting, trace)),
    '',
    'assets on the page:',
    ...list(assets(trace).map(({ story, asset, state, progress, source }) => `${asset} of ${story || 'no story'}: ${state}${progress && ` ${progress}%`}, ${source}`)),
  ]
  if (trace) {
    lines.push('', 'channels:', ...list([...trace.topics].map(([name, { state, at }]) => `${name}: ${state} since ${clock(at)}`)))
    lines.push('', 'errors:', ...list(trace.errors.map(({ at, error }) => `${clock(at)} ${error.code}: ${error.detail ?? ''}`)))
    lines.push('', 'messages, without their content:', ...list(trace.lines.map(({ at, from, topic, event, note }) => `${clock(at)} ${from} ${topic} ${event} ${note}`.trim())))
  } else lines.push('', 'For more, open the page with ?storywire-debug in its address, and ask again.')
  const text = lines.join('\n')
  return trace ? trace.clean(text) : redact(text, [tag.supabaseKey ?? ''])
}

/** @param {string[]} lines */
const list = (lines) => (lines.length ? lines.map((line) => `- ${line}`) : ['- none'])
