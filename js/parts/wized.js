// Wized is told what the client knows: one object in `v.storywire`, single variables where elements ask for them. Its
// requests make assets again, and the user of its own Supabase client is ours.
//
// What is assigned runs Wized's watchers and with them the page's own code at once, so it is one assignment for a frame, and
// none where nothing has changed.
import { report } from '../listeners.js'
import { worth } from '../settings.js'
import { assign, execute, followSession, wized } from '../wized.js'

/** @typedef {{ status: string, progress: number | null, url: string }} Asset */
/** @typedef {{ overall: string, assets: Record<string, Asset> }} StoryState */

/** @param {import('../parts.js').Page} page */
export async function start({ tag, listen, setToken, options }) {
  /** By ids, which may be any word, `__proto__` too. @type {Record<string, StoryState>} */
  const stories = Object.create(null)
  /** @type {{ connection: string, unread: number, emotion: any, retry: any }} */
  const state = { connection: 'stopped', unread: 0, emotion: null, retry: null }
  const storyOf = (/** @type {string} */ id) => (stories[id] ??= { overall: 'pending', assets: Object.create(null) })
  const W = { /** @type {any} */ ready: undefined }

  let isPlanned = false
  /** @param {Partial<typeof state>} what */
  function change(what) {
    Object.assign(state, what)
    if (isPlanned) return
    isPlanned = true
    // A page that nobody sees has no frames, but its requests go on.
    if (document.hidden) setTimeout(write)
    else requestAnimationFrame(write)
  }
  /** What each variable holds, as text, since Wized keeps what it was given in an object of its own. @type {Map<string, string>} */
  const held = new Map()
  /** The story of the page, as its setting: an element that Wized hides still counts. */
  let current = tag.story ?? ''
  /** What each variable is asked to hold. @type {Map<string, () => any>} */
  const asked = new Map()
  function write() {
    isPlanned = false
    if (!W.ready) return
    if (!tag.story) current = document.querySelector('[data-story-id]')?.getAttribute('data-story-id') || current
    const { overall = 'pending', assets = {} } = stories[worth(current)] ?? {}
    put('storywire', { ...state, overall, assets, stories })
    const seen = new Set()
    for (const element of document.querySelectorAll(asking)) {
      const [, name = '', field = ''] = /^v\.([\w$]+)(?:\.(\w+))?$/.exec(element.getAttribute('data-sw-into') ?? '') ?? []
      if (!name) wrong(element)
      else if (!seen.has(name)) asked.set(name, valueOf(element, field))
      seen.add(name)
    }
    for (const [name, value] of asked) put(name, value())
  }
  /** @param {string} name @param {any} value */
  function put(name, value) {
    const text = JSON.stringify(value) ?? ''
    if (held.get(name) === text) return
    held.set(name, text)
    try {
      // A copy: what the page does with it is its own affair.
      assign(W.ready, name, text && JSON.parse(text))
    } catch (error) {
      report(error)
    }
  }
  /** What an element shows. @param {Element} element @param {string} field */
  function valueOf(element, field) {
    for (const [name, of] of Object.entries(badges)) if (name in /** @type {HTMLElement} */ (element).dataset) return () => state[of]
    const id = element.closest('[data-story-id]')?.getAttribute('data-story-id') ?? ''
    const name = element.getAttribute('data-asset')
    if (!name) return () => stories[worth(id)]?.overall ?? 'pending'
    return () => {
      const asset = stories[worth(id)]?.assets[worth(name)] ?? { status: 'pending', progress: null, url: '' }
      return field ? asset[/** @type {keyof Asset} */ (field)] : asset
    }
  }

  listen('connection', (connection) => change({ connection }))
  listen('asset', ({ story, asset, status, progress, url }) => {
    storyOf(story).assets[asset] = { status, progress, url }
    change({})
  })
  listen('story', ({ story, status }) => {
    storyOf(story).overall = status
    change({})
  })
  listen('unread', (unread) => change({ unread }))
  listen('emotion', (emotion) => change({ emotion }))
  // Elements that ask for a variable may come later.
  new MutationObserver((mutations) => {
    const asks = (/** @type {Node} */ node) => node instanceof Element && (node.matches(asking) || node.querySelector(asking))
    if (mutations.some(({ type, addedNodes }) => type === 'attributes' || [...addedNodes].some(asks))) change({})
  }).observe(document, { childList: true, subtree: true, attributeFilter: ['data-sw-into', 'data-story-id', 'data-asset'] })

  options.retry = async ({ story, asset }) => {
    const buttons = [...document.querySelectorAll('[data-asset-retry^="wized:"]')]
    const worthOf = (/** @type {Element} */ one, /** @type {string} */ name) => worth(one.closest(`[${name}]`)?.getAttribute(name) ?? '')
    const button = buttons.find((one) => worthOf(one, 'data-asset') === asset && worthOf(one, 'data-story-id') === story)
    if (!button) return
    const own = await wized()
    // The request can say which asset it is for.
    state.retry = { story, asset }
    isPlanned = true
    write()
    return execute(own, (button.getAttribute('data-asset-retry') ?? '').slice(6))
  }

  W.ready = await wized()
  change({})
  if (!tag.accessToken) await followSession(W.ready, tag.wizedApp, setToken)
}

/** Elements that show something of the whole page. */
const badges = /** @type {const} */ ({ swUnread: 'unread', swConnection: 'connection', swEmotion: 'emotion' })

const asking = '[data-sw-into]'

/** @type {WeakSet<Element>} */
const told = new WeakSet()

/** @param {Element} element */
function wrong(element) {
  if (told.has(element)) return
  told.add(element)
  console.warn(`Storywire: data-sw-into="${element.getAttribute('data-sw-into')}" names no variable: write e.g. data-sw-into="v.cover", or data-sw-into="v.cover.url" on an asset for one field of it.`)
}
