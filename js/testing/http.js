// What answers `fetch` in place of the network: tables over REST, the API of stories, broadcasts, event streams.
import { select } from './database.js'

/** @typedef {import('./backend.js').FakeBackend} FakeBackend */
/** @typedef {{ method: string, url: string, headers: Record<string, string>, body: any }} RequestNote */
/** @typedef {{ params: Record<string, string>, query: URLSearchParams, body: any, token: string | undefined }} Asked */
/**
 * Answers a request of the API: a value goes out as JSON with status 200, `{ status, body, headers }` as it says.
 * @typedef {(asked: Asked) => any} Route
 */

/** @param {number} status @param {any} [body] @param {Record<string, string>} [headers] */
export function answer(status, body, headers = {}) {
  const none = status === 204 || status === 304
  return new Response(none ? null : typeof body === 'string' ? body : JSON.stringify(body ?? {}), { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** @param {FakeBackend} backend @param {RequestNote} request @param {string | undefined} token @returns {Response} */
export function answerRest(backend, { method, url, headers, body }, token) {
  if (headers.apikey !== backend.key) return answer(401, { message: 'Invalid API key', hint: 'Double check your Supabase `anon` or `service_role` API key.' })
  const expired = backend.expiry(token)
  if (expired) return answer(401, { code: 'PGRST303', message: 'JWT expired' })
  const { pathname, searchParams } = new URL(url)
  const [, rpc, name = ''] = /\/rest\/v1\/(rpc\/)?([^/]+)$/.exec(pathname) ?? []
  if (rpc) {
    const procedure = backend.procedures.get(name)
    return procedure ? answer(200, procedure(body ?? {}) ?? null) : answer(404, { code: 'PGRST202', message: `Could not find the function public.${name} in the schema cache` })
  }
  if (!backend.hasTable(name)) return answer(404, { code: 'PGRST205', message: `Could not find the table 'public.${name}' in the schema cache` })
  const table = backend.table(name)
  const visible = () => table.rows.filter((row) => backend.maySee(name, row, token))
  try {
    if (method === 'GET' || method === 'HEAD') {
      backend.aboutToRead(name, searchParams)
      return rows(select(visible(), searchParams), 200, headers)
    }
    const wanted = headers.prefer?.includes('return=representation')
    const written = (/** @type {any[]} */ changed, /** @type {number} */ status) => (wanted ? rows(changed, status, headers) : answer(status === 201 ? 201 : 204))
    if (method === 'POST') return written([body].flat().map((row) => table.insert(row)), 201)
    const those = select(visible(), searchParams)
    const which = (/** @type {any} */ row) => those.includes(row)
    if (method === 'PATCH') return written(table.update(which, body), 200)
    if (method === 'DELETE') return written(table.delete(which), 200)
    return answer(405, { message: `Unsupported HTTP method: ${method}` })
  } catch (error) {
    return answer(400, { code: 'PGRST100', message: String(/** @type {any} */ (error)?.message ?? error) })
  }
}

/** @param {any[]} found @param {number} status @param {Record<string, string>} headers */
function rows(found, status, headers) {
  const range = found.length ? `0-${found.length - 1}` : '*'
  const more = { 'content-range': `${range}/${headers.prefer?.includes('count=') ? found.length : '*'}` }
  if (!headers.accept?.includes('vnd.pgrst.object')) return answer(status, found, more)
  return found.length === 1 ? answer(status, found[0], more) : answer(406, { code: 'PGRST116', message: 'Cannot coerce the result to a single JSON object' })
}

/** The routes of the API; `:name` stands for one part of the path. */
export class Routes {
  /** @type {{ method: string, pattern: RegExp, names: string[], route: Route }[]} */
  #routes = []

  /** @param {string} path e.g. `POST /stories/:id/assets/retry` @param {Route} route a later one for the same path comes first */
  add(path, route) {
    const [method = 'GET', of = '/'] = path.includes(' ') ? path.split(' ') : ['GET', path]
    const names = [...of.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
    const pattern = new RegExp(`^${of.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '([^/]+)')}$`)
    this.#routes.unshift({ method, pattern, names, route })
  }

  /** @param {string} method @param {string} path @param {Omit<Asked, 'params'>} asked @returns {Promise<Response>} */
  async answer(method, path, asked) {
    for (const { method: of, pattern, names, route } of this.#routes) {
      const [, ...values] = (of === method && pattern.exec(path)) || []
      if (!(of === method && pattern.test(path))) continue
      const params = Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(values[at] ?? '')]))
      const result = await route({ params, ...asked })
      if (result instanceof Response) return result
      return typeof result?.status === 'number' ? answer(result.status, result.body, result.headers) : answer(200, result)
    }
    return answer(404, { message: `The fake backend has no route for ${method} ${path}: add one with backend.route().` })
  }
}
