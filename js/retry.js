// Asks for assets to be made again, by the page's own function or by the API, and says what came of it. Loaded when a retry
// is first asked for.
import { StorywireError } from './errors.js'

/** @typedef {import('./page-client.js').PageClient} PageClient */

/** The longest that a button waits. */
const DAY = 86_400

/**
 * @param {PageClient} client @param {import('./types.js').ClientOptions} options @param {string} story @param {string} asset
 * @param {string[]} types the backend's names of what is to be made again
 */
export async function retry(client, options, story, asset, types) {
  const own = [...client.stories].find((one) => one.id === story && one.retries)
  const settle = (/** @type {number} */ status, detail = '', empty = false) => client.settleRetry(story, asset, status, detail, empty)
  let [status, answer] = [0, /** @type {any} */ ({})]
  try {
    const found = own ? await own.ask(asset) : ((await options.retry?.({ story, asset })) ?? (await post(client, options.apiBase, story, types)))
    // The page's function may hand on what its API answered, or just return.
    const response = found instanceof Response ? found : undefined
    status = response?.status ?? (typeof found?.status === 'number' ? found.status : 200)
    answer = (response ? await response.json().catch(() => undefined) : found) ?? {}
    if (status === 429) {
      const seconds = secondsOf(response?.headers.get('retry-after') ?? answer.retryAfter)
      settle(status, String(seconds))
      setTimeout(() => settle(status, '0'), seconds * 1000)
    } else {
      const upgrade = answer.upgradeUrl ?? answer.upgradeOptions?.[0]?.url ?? ''
      settle(status, String(upgrade), Array.isArray(answer.retried) && answer.retried.length === 0)
    }
  } catch (error) {
    settle(0)
    client.hearError(error instanceof StorywireError ? error : new StorywireError('retry-failed', { detail: String(error) }), story)
  }
  client.sink.dom?.fireAtStory(story, 'storywire:retry', { story, asset, status, answer })
}

/** @param {PageClient} client @param {string | undefined} apiBase @param {string} story @param {string[]} types */
function post(client, apiBase, story, types) {
  if (!apiBase) throw new StorywireError('retry-failed')
  const url = `${apiBase.replace(/\/+$/, '')}/stories/${encodeURIComponent(story)}/assets/retry`
  return client.post(url, { assetTypes: types }, {}, 20_000)
}

/** `Retry-After` is seconds or a date. A server on another origin has to expose it; without it a minute is assumed. @param {any} after */
function secondsOf(after) {
  const seconds = Number(after ?? 60) || (Date.parse(after) - Date.now()) / 1000 || 60
  return Math.min(Math.max(Math.ceil(seconds), 1), DAY)
}
