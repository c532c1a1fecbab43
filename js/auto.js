// The script tag: reads its own attributes, makes a client, keeps the page true. Nothing here throws into the page.
//
// A page that only shows stories downloads the lesser module. The whole one comes when the page's code asks for the client.
// What else a tag can do is in js/parts.js.
import { call, report } from './listeners.js'
import { load } from './load-story.js'
import { PageClient } from './page-client.js'
import { startParts } from './parts.js'
import { follow, isWized, valueOf } from './wized.js'

/** The tag that loaded this module; `document.currentScript` is null in modules. */
function ownTag() {
  const tags = [...document.querySelectorAll('script')]
  return tags.find((tag) => tag.src === import.meta.url) ?? tags.find((tag) => tag.dataset.supabaseUrl) ?? document.createElement('script')
}

function start() {
  const scope = /** @type {any} */ (window)
  const waiting = scope.Storywire
  if (waiting && !Array.isArray(waiting)) {
    console.warn('Storywire: the script is on this page twice; the second one does nothing. Remove one of the two tags.')
    return
  }
  const tag = ownTag().dataset
  const { supabaseUrl = '', supabaseKey = '', apiBase, accessToken, styles, wasm } = tag
  /** The client now; the whole one takes the place of the lesser one when it is asked for. @type {PageClient | undefined} */
  let client
  /** @type {Promise<import('./client.js').Client> | undefined} */
  let whole
  // Which client it is is no business of those who show how things stand.
  let connection = ''
  /** @type {((state: string) => unknown)[]} */
  const hearers = []
  const own = (scope.Storywire = { client, push: (/** @type {unknown[]} */ ...functions) => functions.forEach(run) })
  const take = (/** @type {PageClient} */ next) => {
    client?.close()
    own.client = client = next.observe()
    next.on('connection', (state) => {
      connection = state
      for (const hear of hearers) call(hear, state)
    })
  }
  /** Runs a function of the page with the whole client. @param {any} entry */
  function run(entry) {
    whole ??= import('./index.js').then(({ createClient }) => {
      const next = createClient(url, supabaseKey, options)
      take(next)
      return next
    })
    whole.then((found) => call(entry, found), report)
  }
  let url = ''
  let options = {}
  try {
    url = new URL(supabaseUrl, supabaseUrl ? location.href : undefined).href
    options = {
      apiBase: apiBase && new URL(apiBase, location.href).href,
      accessToken: accessToken ? () => valueOf(accessToken) : undefined,
      wasm,
    }
    // Says what is wrong with the tag, whichever client it is.
    const first = new PageClient(url, supabaseKey, options, load)
    if (waiting?.length > 0) first.close()
    else take(first)
  } catch (error) {
    const cure = error instanceof TypeError ? 'the tag needs data-supabase-url, e.g. https://xyz.supabase.co.' : /** @type {any} */ (error).message
    console.error(`Storywire: ${cure}`)
    return
  }
  for (const entry of waiting ?? []) run(entry)
  // A user who signs in or out in the page changes the token under way.
  let first = true
  if (isWized(accessToken)) follow(String(accessToken), (token) => (first ? (first = false) : client?.setAuth(token ?? null)))
  if (styles !== 'off') addStyles(styles || new URL('storywire.css', import.meta.url).href)
  bindStories()
  const hearConnection = (/** @type {(state: string) => unknown} */ hear) => {
    hearers.push(hear)
    if (connection) call(hear, connection)
  }
  startParts({ tag, run, hearConnection, follow: (setting = '', listener) => follow(setting, listener) })
}

/** Before the page's own styles, so that those win. @param {string} href */
function addStyles(href) {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href })
  document.head.prepend(link)
}

/** `data-story-id="wized:v.currentStoryId"`: the attribute is given the value, now and whenever it changes. */
function bindStories() {
  for (const element of document.querySelectorAll('[data-story-id^="wized:"]')) {
    follow(String(element.getAttribute('data-story-id')), (id) => element.setAttribute('data-story-id', id ?? ''))
  }
}

if (typeof document !== 'undefined') {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start, { once: true })
  else start()
}
