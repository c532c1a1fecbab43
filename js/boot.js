// What runs first: takes its place as `window.Storywire`, starts every download at once, and loads the rest from where it
// came from or, if that fails, from a second place. If nothing works, the page shows what it has, until something does.
//
// It needs no `import.meta`, so that the same file works in a module tag and in a classic one.
import { letGo, openSocket } from './early-socket.js'
import { persist } from './persist.js'

/** Where the package lies by its version; what one of them cannot give, the other can. */
const cdns = ['https://cdn.jsdelivr.net/npm/', 'https://unpkg.com/']

/**
 * What the rest is given.
 * @typedef {object} Boot
 * @property {DOMStringMap} tag the `data-` attributes
 * @property {any} own `window.Storywire`
 * @property {any[]} entries what the page has pushed so far
 * @property {(entry: any) => boolean} asks whether an entry asks for the client
 * @property {string} base the folder of the package
 * @property {string} styles the stylesheet as text, if it is not a file
 * @property {((name: string) => any[]) | undefined} places where a WebAssembly module is to be looked for, in this order
 * @property {import('./early-socket.js').EarlySocket} [early]
 * @property {(error: Error, isSaid?: boolean) => void} fail gives up
 * @property {() => void} recover it works after all
 */
/** @typedef {{ start(boot: Boot): (entry: any) => void }} Rest */

/**
 * @param {(base: string) => Promise<Rest>} load gets the rest @param {boolean} isAlone everything is in this file
 */
export function boot(load, isAlone = false) {
  // On a server there is no page.
  if (typeof document === 'undefined') return
  const scope = /** @type {any} */ (window)
  const found = scope.Storywire
  const tags = findTags()
  const tag = tags.find(({ src }) => (isAlone ? /\/inline\.js/ : /\/auto\.js/).test(src)) ?? tags[0] ?? document.createElement('script')
  const from = tag.src
  if (found?.push && !Array.isArray(found)) {
    // A body that takes another's place brings the same tag again; a module is not told which tag it came by.
    const other = tags.find((tag) => saysOf(tag) !== found.says)
    if (other) console.warn(`Storywire ${found.version} is here already, from ${found.from}: ${other.src} does nothing${other.src === found.from ? ', and what it says otherwise does not count' : ''}. Remove one of the two tags.`)
    return
  }
  /** @type {any[]} */
  const entries = found?.push ? [...found] : []
  /** @type {((entry: any) => void) | undefined} */
  let run
  /** @type {Error | undefined} */
  let failed
  const tell = (/** @type {any} */ entry) => entry?.unavailable && Promise.resolve(failed).then((error) => entry.unavailable(error))
  const own = (scope.Storywire = {
    version: STORYWIRE_VERSION,
    from,
    says: saysOf(tag),
    push: (/** @type {any[]} */ ...more) => {
      entries.push(...more)
      if (run) more.forEach(run)
      if (failed) more.forEach(tell)
    },
  })
  /** What it took to show the page's own content. @type {Set<Element>} */
  const shown = new Set()
  const observer = new MutationObserver(() => lift(tag, shown))
  const fail = (/** @type {Error} */ error, isSaid = false) => {
    if (failed) return
    failed = error
    letGo(early)
    if (!isSaid) console.warn(`Storywire: ${error.message}`)
    document.documentElement.setAttribute('data-sw-unavailable', '')
    lift(tag, shown)
    observer.observe(document, { childList: true, subtree: true })
    document.dispatchEvent(new CustomEvent('storywire:unavailable', { detail: error }))
    entries.forEach(tell)
  }
  const recover = () => {
    if (!failed) return
    failed = undefined
    observer.disconnect()
    document.documentElement.removeAttribute('data-sw-unavailable')
    for (const element of shown) element.setAttribute('hidden', '')
    shown.clear()
  }
  const early = openSocket(tag.dataset)
  const bases = isAlone ? [''] : basesOf(tag)
  // Who asks for the client gets the whole one, and the lesser module is not needed.
  const wasm = isAlone ? undefined : fetchEarly(bases, tag, !entries.some(asks))
  const loadRest = async () => {
    let problem
    for (const [at, base] of bases.entries()) {
      try {
        return { at, base, rest: await load(base) }
      } catch (error) {
        problem = /** @type {Error} */ (error)
      }
    }
    const message = `its scripts could not be loaded from ${bases.join(' nor ')}: check the network, and the page's policy (script-src). ${problem?.message}`
    throw Object.assign(new Error(message), { code: 'not-loaded' })
  }
  persist(loadRest, fail).then(({ at, base, rest }) => {
    recover()
    const { dataset } = tag
    const places = isAlone ? undefined : (/** @type {string} */ name) => (dataset.wasm ? [dataset.wasm] : [...(wasm?.name === name ? [wasm.module] : []), ...bases.slice(at).map((base) => base + name)])
    run = rest.start({ tag: dataset, own, entries, asks, base, styles: STORYWIRE_STYLES, places, early, fail, recover })
    entries.forEach(run)
  })
}

/** Whether an entry asks for the client: then the whole one is needed from the start. @param {any} entry */
const asks = (entry) => typeof entry === 'function' || Boolean(entry?.ready)

/** The tags of ours in the page, that of a classic script first. */
const findTags = () =>
  /** @type {HTMLScriptElement[]} */ ([document.currentScript, ...document.querySelectorAll('script[data-supabase-url],script[data-sw-demo]')]).filter((tag) => (tag?.dataset?.supabaseUrl ?? tag?.dataset?.swDemo) !== undefined)

/** What a tag says: its address and its settings. @param {HTMLScriptElement} tag */
const saysOf = ({ src, dataset }) => src + JSON.stringify(dataset)

/**
 * The folders in which the package is looked for. An address with a range of versions could give one file of this version
 * and another of the next, so it is made exact.
 * @param {HTMLScriptElement} tag
 */
function basesOf({ src, dataset }) {
  const own = /\/auto\.js/.test(src) ? src.replace(/[^/]*([?#].*)?$/, '') : ''
  // Another package may begin with the same word.
  const cdn = cdns.find((cdn) => new RegExp(`^${cdn}storywire[@/]`).test(own))
  const bases = cdn ? [cdn, ...cdns.filter((other) => other !== cdn)].map((cdn) => `${cdn}storywire@${STORYWIRE_VERSION}/dist/`) : [own || './']
  return dataset.fallback ? [...bases, new URL(dataset.fallback.replace(/\/?$/, '/'), document.baseURI).href] : bases
}

/**
 * Asks for the module that the rest will need, without waiting for the rest.
 * @param {string[]} bases @param {HTMLScriptElement} tag @param {boolean} isLesser
 */
function fetchEarly([base = ''], { dataset }, isLesser) {
  // Beside this file, wherever that is: the rest will know.
  if (base === './' || dataset.wasm || !isLesser) return
  const { name, integrity } = STORYWIRE_WASM
  // It compiles beside the main thread, while the rest still comes. What fails is told to who takes it.
  const module = fetch(base + name, { integrity }).then((response) => WebAssembly.compileStreaming(response))
  module.catch(() => {})
  return { name, module }
}

/**
 * Shows the page's own content, or its own fallback, in place of skeletons, and says that nothing is connected.
 * @param {HTMLScriptElement} tag @param {Set<Element>} shown takes what was hidden
 */
function lift({ dataset }, shown) {
  let names = ['skeleton', 'animating']
  try {
    names = names.concat(Object.values(JSON.parse(dataset.options ?? '').assets.classes).join(' ').split(' '))
  } catch {
    // The usual names.
  }
  for (const element of document.querySelectorAll('[data-asset]')) {
    for (const name of names) if (name) element.classList.remove(name)
    element.removeAttribute('aria-busy')
  }
  for (const element of document.querySelectorAll('[data-sw-fallback][hidden]')) {
    element.removeAttribute('hidden')
    shown.add(element)
  }
  for (const element of document.querySelectorAll('[data-sw-connection]')) {
    element.setAttribute('data-sw-connection', 'stopped')
    const text = element.getAttribute('data-text-stopped') ?? 'Not connected'
    // Written again, it would be a change of the page, and this be called for it.
    if (element.textContent !== text) element.textContent = text
  }
}
