// A person's way through a page: a browser, a backend of its own, and a guard that no complaint on the console escapes.
import { chromium } from 'playwright-core'
import { browserFlags, findBrowser } from '../../tools/browser.mjs'
import { releaseDist } from '../../tools/build.mjs'
import { buildServer, startServer } from '../../tools/server.mjs'

export const dist = process.env.STORYWIRE_DIST ?? releaseDist
const program = process.env.STORYWIRE_SERVER ?? (await buildServer())

/** Pages that a test makes up have no address space of their own, so the browser would keep them from the loopback. */
const testFlags = ['--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests']

/** A backend on a free port, or on a given one. */
export const backend = (port = 0) => startServer(program, { port, dist })

/**
 * Runs a journey in a page of its own. Errors on the console and exceptions fail it, unless `allow` says that they belong
 * to it (a backend that is killed makes the browser complain).
 * @param {(page: import('playwright-core').Page, url: string, server: Awaited<ReturnType<typeof backend>>) => Promise<void>} way
 * @param {{ allow?: RegExp, context?: import('playwright-core').BrowserContextOptions }} [options]
 */
export function journey(way, { allow, context = {} } = {}) {
  return async () => {
    const server = await backend()
    const browser = await chromium.launch({ executablePath: findBrowser(), args: [...browserFlags, ...testFlags] })
    const complaints = []
    try {
      const page = await (await browser.newContext(context)).newPage()
      const complain = (text) => allow?.test(text) || complaints.push(text)
      page.on('console', (message) => message.type() === 'error' && complain(`console: ${message.text()} ${message.location().url}`))
      page.on('pageerror', (error) => complain(`exception: ${error.stack}`))
      await way(page, server.url.replace(/\/$/, ''), server)
    } finally {
      await browser.close()
      await server.stop()
    }
    if (complaints.length > 0) throw new Error(`The page complained:\n${complaints.join('\n')}`)
  }
}

/** Waits until an asset is in a state. */
export const state = (page, asset, wanted, timeout = 15_000) =>
  page.locator(`[data-asset="${asset}"][data-asset-state="${wanted}"]`).first().waitFor({ state: 'attached', timeout })

/** POSTs JSON to the backend. */
export async function post(url, body, headers = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', apikey: 'sb_publishable_storywire_local', ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  const text = await answer.text()
  return text ? JSON.parse(text) : undefined
}

/** Opens a page that a test makes up, at `path` of the backend's origin. */
export async function openPage(page, url, body, { path = '/made-up.html', head = '', headers = {}, waitUntil = 'load' } = {}) {
  await page.route(
    (address) => address.origin === url && address.pathname === path,
    (route) => route.fulfill({ contentType: 'text/html', headers, body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title><link rel="icon" href="data:,">${head}</head><body>${body}</body></html>` }),
  )
  await page.goto(url + path, { waitUntil })
}

/** The script tag as the documents show it, for the local backend. */
export const tag = (attributes = '') =>
  `<script async type="module" src="/dist/auto.js" data-supabase-url="/" data-supabase-key="sb_publishable_storywire_local" data-api-base="/api/v1" ${attributes}></script>`

/**
 * Notes each layout shift in `window.shifts`, from the start of each page. The browser's own players shift within themselves;
 * those have no node that a page can see. @param {import('playwright-core').Page} page
 */
export const noteShifts = (page) =>
  page.addInitScript(() => {
    window.shifts = []
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        const moved = sources.filter(({ node }) => node).map(({ node, previousRect: from, currentRect: to }) => `${node.nodeName}.${node.className ?? ''} ${from.x},${from.y} → ${to.x},${to.y}`)
        if (!hadRecentInput && moved.length) window.shifts.push(`${value.toFixed(4)}: ${moved.join('; ')}`)
      }
    }).observe({ type: 'layout-shift', buffered: true })
  })

/** The shifts so far. They are told after the frame in which they happen. @param {import('playwright-core').Page} page @returns {Promise<string[]>} */
export const shifts = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(window.shifts), 100))))

/** Waits until something outside of the page is so. */
export async function until(isSo, what, timeout = 20_000) {
  for (const end = Date.now() + timeout; !isSo(); await new Promise((resolve) => setTimeout(resolve, 50))) if (Date.now() > end) throw new Error(`It did not come to this: ${what()}`)
}
