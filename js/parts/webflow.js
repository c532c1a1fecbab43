// Webflow's interactions: those that a designer has made start when a state changes (`data-sw-ix`), and the older kind (IX2) is
// set up again for content that has come in (`data-sw-ix2="restart"`). And its lightboxes, which enlarge what an asset shows.

const states = ['data-asset-state', 'data-story-state', 'data-sw-connection']

export function start() {
  const scope = /** @type {any} */ (window)
  scope.Webflow = scope.Webflow || []
  scope.Webflow.push(() => {
    /** What an element was in when its interactions were last started. @type {WeakMap<Element, string>} */
    const last = new WeakMap()
    const look = (/** @type {Element} */ element) => {
      const name = states.find((name) => element.hasAttribute(name))
      const state = name && element.getAttribute(name)
      if (!state || last.get(element) === state) return
      last.set(element, state)
      for (const [, of, event] of (element.getAttribute('data-sw-ix') ?? '').matchAll(/([\w-]+):(\S+)/g)) if (of === state) emit(String(event))
      if (state === 'ready' && element.closest('[data-sw-ix2="restart"]')) restart()
    }
    const wanted = '[data-sw-ix],[data-sw-ix2] [data-asset],[data-asset][data-sw-ix2]'
    const lookAll = (/** @type {Element} */ root) => {
      if (root.matches(wanted)) look(root)
      root.querySelectorAll(wanted).forEach(look)
      if (root.matches('.w-lightbox')) enlarge(root)
      root.querySelectorAll('.w-lightbox').forEach(enlarge)
    }
    new MutationObserver((mutations) => {
      for (const { target, addedNodes } of mutations) {
        if (target instanceof Element) {
          if (target.matches(wanted)) look(target)
          const box = target.closest('.w-lightbox')
          if (box) enlarge(box)
        }
        for (const node of addedNodes) if (node instanceof Element) lookAll(node)
      }
    }).observe(document, { childList: true, subtree: true, attributeFilter: [...states, 'src'] })
    lookAll(document.documentElement)
  })
}

/** A module of Webflow's, if this site has it. @param {string} name */
function moduleOf(name) {
  try {
    return /** @type {any} */ (window).Webflow.require(name)
  } catch {
    return undefined
  }
}

/** GSAP may come long after Webflow is ready. @param {string} event @param {number} [wait] */
function emit(event, wait = 100) {
  const ix3 = moduleOf('ix3')
  if (typeof ix3?.emit === 'function') {
    try {
      ix3.emit(event)
    } catch (error) {
      reportError(error)
    }
  } else if (wait < 3000) setTimeout(emit, wait, event, wait * 2)
  else console.warn(`Storywire: data-sw-ix cannot start "${event}", because this site has no interactions with GSAP (IX3). Publish it once with such an interaction whose trigger is a custom event.`)
}

/** A lightbox has its pictures in a script inside of it, which Webflow reads when it is made ready. @param {Element} box */
function enlarge(box) {
  const shown = /** @type {HTMLImageElement | null} */ (box.querySelector('img[data-asset-state=ready],[data-asset-state=ready] img'))
  const script = box.querySelector('script.w-json')
  if (!shown?.getAttribute('src') || !script) return
  try {
    const list = JSON.parse(script.textContent ?? '')
    const [first] = list.items
    if (first?.url === shown.src) return
    list.items[0] = { ...first, type: 'image', url: shown.src, thumbnailUrl: shown.src, width: undefined, height: undefined }
    script.textContent = JSON.stringify(list)
    moduleOf('lightbox')?.ready?.()
  } catch (error) {
    reportError(error)
  }
}

let isPlanned = false

/** Once for all that comes in one frame. */
function restart() {
  if (isPlanned) return
  isPlanned = true
  requestAnimationFrame(() => {
    isPlanned = false
    const ix2 = moduleOf('ix2')
    try {
      ix2?.destroy?.()
      ix2?.init?.()
    } catch (error) {
      reportError(error)
    }
  })
}
