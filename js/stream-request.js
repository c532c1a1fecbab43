// What a request for a stream is made from: its URL, and its headers anew for each attempt.

/** @typedef {Headers | Record<string, string> | [string, string][]} HeaderValues */
/** @typedef {HeaderValues | ((details: { fresh: boolean }) => HeaderValues | Promise<HeaderValues>)} HeadersOption */
/** @typedef {string | null | undefined | ((details: { fresh: boolean }) => string | null | undefined | Promise<string | null | undefined>)} TokenOption */

/** The URL that relative ones stand in: the document's, or the worker's own. */
export const baseUrl = () => globalThis.document?.baseURI ?? globalThis.location?.href

/**
 * @param {string} url
 * @returns {string} absolute
 * @throws {TypeError} if it is none
 */
export function resolveUrl(url) {
  const document = globalThis.document
  if (document && document.characterSet !== 'UTF-8') {
    // The query of a URL is written in the document's own encoding, which only the document knows.
    const link = document.createElement('a')
    link.href = url
    return new URL(link.href, document.baseURI).href
  }
  return new URL(url, baseUrl()).href
}

/** @param {string} url @returns {string | undefined} */
export const originOf = (url) => {
  try {
    return new URL(url, baseUrl()).origin
  } catch {
    return undefined
  }
}

/** @param {string} url absolute */
export const isCrossOrigin = (url) => /^https?:/.test(url) && originOf(url) !== globalThis.location?.origin

/**
 * The headers of one attempt. Synchronous where nothing has to be waited for.
 * @param {HeadersOption | undefined} headers
 * @param {TokenOption} token
 * @param {boolean} fresh whether those of the attempt before were refused
 * @returns {Headers | Promise<Headers>} rejects as the page's functions do
 */
export function makeHeaders(headers, token, fresh) {
  const given = typeof headers === 'function' ? headers({ fresh }) : headers
  const bearer = typeof token === 'function' ? token({ fresh }) : token
  if (isPromise(given) || isPromise(bearer)) return Promise.all([given, bearer]).then(([one, two]) => assemble(one, two))
  return assemble(given, bearer)
}

/** @param {HeaderValues | undefined} given @param {string | null | undefined} bearer */
function assemble(given, bearer) {
  const headers = new Headers(given)
  if (!headers.has('accept')) headers.set('Accept', 'text/event-stream')
  if (bearer && !headers.has('authorization')) headers.set('Authorization', `Bearer ${bearer}`)
  return headers
}

/** @param {any} value @returns {value is Promise<any>} */
const isPromise = (value) => typeof value?.then === 'function'

/**
 * Answers `askHeaders` of a sink.
 * @param {() => ({ headers(attempt: number, headers?: Headers | null): void } | undefined)} raw nothing once the stream is closed
 * @param {number} attempt
 * @param {() => Headers | Promise<Headers>} make
 */
export function answerHeaders(raw, attempt, make) {
  /** @param {unknown} error */
  const failed = (error) => {
    console.error(error)
    raw()?.headers(attempt)
  }
  try {
    const made = make()
    if (made instanceof Headers) raw()?.headers(attempt, made)
    else made.then((headers) => raw()?.headers(attempt, headers), failed)
  } catch (error) {
    failed(error)
  }
}

/** The browser's own, looked up at each call. @param {string} url @param {RequestInit} [init] */
export const openFetch = (url, init) => fetch(url, init)
