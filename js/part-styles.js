// The stylesheet of a part, which only pages with that part download.

/**
 * Adds it before the page's own styles, so that those win. Settles when it is there, or cannot be had: without it a part works
 * all the same.
 * @param {string | undefined} setting `data-styles` of the tag; `off` is none @param {string} href
 * @returns {Promise<unknown>}
 */
export async function addPartStyles(setting, href) {
  // What is all in one file has these styles in it too.
  if (setting === 'off' || (STORYWIRE_STYLES && !setting)) return
  const { nonce } = /** @type {HTMLElement} */ (document.querySelector('script[nonce]') ?? {})
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href, nonce })
  return new Promise((resolve) => {
    link.onload = link.onerror = resolve
    document.head.prepend(link)
  })
}
