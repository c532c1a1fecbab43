// Chromium, and its own accounting of what the main thread did.
import { chromium } from 'playwright-core'
import { browserFlags, findBrowser } from '../../../tools/browser.mjs'

export const launch = () => chromium.launch({ executablePath: findBrowser(), args: [...browserFlags, '--enable-precise-memory-info'] })

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').CDPSession} Session */

/**
 * A page of one client, with a cache of its own.
 * @param {import('playwright-core').Browser} browser @param {string} url
 * @param {{ cpu?: number, network?: { latency: number, down: number, up: number }, frames?: boolean }} [how]
 */
export async function open(browser, url, { cpu, network, frames } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true })
  const page = await context.newPage()
  /** @type {string[]} */
  const faults = []
  page.on('pageerror', (error) => faults.push(String(error.stack ?? error)))
  const session = await context.newCDPSession(page)
  // CPU time of the main thread, not wall time: others work on the machine too.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  if (network) {
    await session.send('Network.enable')
    await session.send('Network.emulateNetworkConditions', { offline: false, latency: network.latency, downloadThroughput: network.down, uploadThroughput: network.up })
  }
  if (cpu && cpu > 1) await session.send('Emulation.setCPUThrottlingRate', { rate: cpu })
  await page.goto(url)
  if (frames) await page.evaluate(() => window.notes.countFrames())
  return { page, session, faults, close: () => context.close() }
}

/** Waits until the client of a page listens. @param {Page} page */
export const ready = (page) =>
  page.waitForFunction(() => window.notes.bench.isReady || document.querySelector('[data-sw-connection="live"]'), undefined, { polling: 50, timeout: 60_000 })

/**
 * Waits for a mark, by the protocol alone: what Playwright puts into a page to wait takes the main thread some 50 ms of a slow CPU.
 * @param {Session} session @param {'joined' | 'painted' | 'live'} name
 */
export async function marked(session, name) {
  const { exceptionDetails } = await session.send('Runtime.evaluate', { expression: `Promise.race([notes.marked('${name}'), new Promise((_, reject) => setTimeout(reject, 30000))])`, awaitPromise: true })
  if (exceptionDetails) throw new Error(`The page was never ${name}.`)
}

/** Seconds of the main thread since the page began. @param {Session} session */
export async function spent(session) {
  const { metrics } = await session.send('Performance.getMetrics')
  const of = (/** @type {string} */ name) => metrics.find((metric) => metric.name === name)?.value ?? 0
  return { task: of('TaskDuration'), script: of('ScriptDuration'), layout: of('LayoutDuration'), style: of('RecalcStyleDuration') }
}

/** The heap after everything that can be collected has been. @param {Session} session @returns {Promise<number>} bytes */
export async function heap(session) {
  for (let round = 0; round < 3; round++) await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0
}

/** Bytes of WebAssembly's memories. @param {Page} page @returns {Promise<number>} */
export const wasmMemory = (page) => page.evaluate(() => window.notes.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0))
