// `[data-sw-connection]` says how things stand, quietly: at once, after each change, and in elements that come later.

const shown = '[data-sw-connection]'

/** @type {Record<string, string>} */
const words = { live: 'Live', 'catching-up': 'Catching up', polling: 'Checking now and then', offline: 'Offline', stopped: 'Not connected' }

/** @param {import('../parts.js').Page} page */
export function start({ listen }) {
  let state = ''
  const show = () => {
    if (!state) return
    for (const element of document.querySelectorAll(shown)) {
      const text = element.getAttribute(`data-text-${state}`) ?? words[state] ?? state
      element.setAttribute('data-sw-connection', state)
      // What a screen reader has heard is not said again.
      if (element.textContent !== text) element.textContent = text
    }
  }
  listen('connection', (next) => {
    state = next
    show()
  })
  new MutationObserver((mutations) => {
    if (mutations.some(({ addedNodes }) => [...addedNodes].some((node) => node instanceof Element && (node.matches(shown) || node.querySelector(shown))))) show()
  }).observe(document, { childList: true, subtree: true })
}
