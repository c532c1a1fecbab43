// `data-sw-demo` on the tag, or `?storywire-demo`: a whole story with no backend at all, so that every state can be styled.
// `ready`, `generating`, `failed`, `partial` or `pending` holds that state.
import { FakeBackend } from '../testing/backend.js'
import { Show, TICK, states } from '../demo/show.js'

const usual = ['text', 'cover', 'audio', 'scenes', 'activities', 'pdf']
const people = ['Ada', 'Grace', 'Linus']
const feelings = ['joy', 'curious', 'calm', 'surprised', 'worried', 'love']

/** @param {import('../prepare.js').Setting} setting @param {string} wanted */
export function prepare({ tag, options, project }, wanted) {
  const held = states.includes(wanted) ? wanted : ''
  if (wanted && !held && wanted !== 'true') console.warn(`Storywire: data-sw-demo="${wanted}" names no state, so the whole story is played: give one of ${states.join(', ')}, or nothing.`)
  console.info('Storywire: this is a demo, made in the page. Take data-sw-demo off the tag to show real stories.')
  /** @type {Map<string, Show>} */
  const shows = new Map()
  const backend = new FakeBackend({
    delay: 30,
    onRead: (table, query) => {
      if (table === 'stories') for (const id of idsIn(query.get('id') ?? '')) show(id)
    },
  })
  const show = (/** @type {string} */ id) => {
    const known = shows.get(id) ?? new Show(backend, id, assetsOf(id), held)
    shows.set(id, known)
    return known
  }
  backend.route('POST /stories/:id/assets/retry', ({ params: { id = '' }, body }) => {
    show(id).retry(body?.assetTypes ?? [])
    return { retried: body?.assetTypes ?? [] }
  })
  Object.assign(project, { url: backend.url, key: backend.key })
  Object.assign(options, { WebSocket: backend.WebSocket, apiBase: backend.apiBase, accessToken: undefined, stories: undefined })
  // The API may have another address on this page.
  options.fetch = (url, init) => backend.fetch(url.startsWith(backend.url) ? url : url.replace(/^.*?(?=\/(stories|profiles)\/)/, backend.apiBase), init)
  // Who looks at it, where the page does not say so yet.
  for (const name of ['user', 'profile']) if (!tag[name] || isUnresolved(tag[name])) tag[name] = 'demo'
  Object.assign(tag, { apiBase: backend.apiBase })
  delete tag.accessToken

  let last = 0
  const name = () => {
    for (const element of document.querySelectorAll('[data-story-id]')) {
      if (isUnresolved(element.getAttribute('data-story-id') ?? '')) element.setAttribute('data-story-id', `demo-${++last}`)
    }
  }
  name()
  new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ['data-story-id'] })

  let turn = 0
  setInterval(() => {
    turn += 1
    for (const [id, one] of [...shows]) {
      if (!one.tick()) continue
      // A story does not go back from what is ready, so another one takes its place.
      shows.delete(id)
      const next = `demo-${++last}`
      for (const element of document.querySelectorAll(`[data-story-id="${CSS.escape(id)}"]`)) element.setAttribute('data-story-id', next)
    }
    live(backend, turn)
  }, TICK)
}

/** What else may be on the page: feelings, notifications, company. @param {FakeBackend} backend @param {number} turn */
function live(backend, turn) {
  const step = Math.floor(turn / 6)
  if (turn % 6 === 0) {
    const reading = { type: 'emotion', emotion: feelings[step % feelings.length], intensity: 5 + Math.round(4 * Math.sin(step)), timestamp: new Date().toISOString() }
    for (const [, stream] of backend.streams) if (stream.listeners) stream.send('emotion', reading)
    const name = people[step % people.length] ?? ''
    for (const topic of backend.watched) {
      const others = backend.presence(topic)
      if (others.state()[name]) others.leave(name)
      else others.join(name, { id: name, name, at: new Date().toISOString() })
    }
  }
  if (turn % 24 !== 12) return
  for (const { topic } of backend.joined) {
    const [, user] = /^notifications:([\w-]+)$/.exec(topic) ?? []
    if (user) backend.notify(user, { title: 'Your story goes on', message: `Notification ${Math.ceil(turn / 24)} of the demo` })
  }
}

/** @param {string} filter `eq.1` or `in.(1,"2")` */
const idsIn = (filter) => filter.replace(/^(eq|in)\./, '').replace(/^\(|\)$/g, '').split(',').map((id) => id.replace(/^"|"$/g, '')).filter(Boolean)

/** @param {string} id @returns {string[]} what the page shows of a story, and what a story usually has */
function assetsOf(id) {
  const shown = [...document.querySelectorAll(`[data-story-id="${CSS.escape(id)}"] [data-asset]`)].map((element) => element.getAttribute('data-asset') ?? '')
  return [...new Set([...usual, ...shown])].filter((name) => name && !/^wized:|_\d+$/.test(name))
}

/** A value that the page has still to fill in. @param {string} value */
const isUnresolved = (value) => value.trim() === '' || /^(wized|query|path|cookie|storage):|^#|\{\{/.test(value)
