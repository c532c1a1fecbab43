// What the codes of the stream core mean, in words.

/** @type {Record<string, string>} */
export const faults = {
  network: 'The server could not be reached, or broke the connection before it answered. Check the URL and that the server runs; on an https page the URL must be https too.',
  'cors-refused': "The server answers, but without allowing this page's origin to read it. Let it send Access-Control-Allow-Origin for this page, and answer OPTIONS requests by allowing the headers that are sent (Authorization, Last-Event-ID).",
  unauthorized: 'The server answered 401, and a fresh token did not help. Check that accessToken (or headers) is a function that gives a token which is still valid.',
  status: 'The server answered with a status that will not change by itself, so the stream has stopped. Check the URL and the rights of the user.',
  unavailable: 'The server is busy or down for the moment (408, 425, 429 or 5xx).',
  'not-event-stream': 'The server answered 200, but not with Content-Type: text/event-stream. Often this is an error page, or a function that answers with JSON instead of streaming; nothing of it was read.',
  'no-content': 'The server answered 204: it has nothing more to send. The stream has stopped.',
  ended: 'The server ended the stream.',
  'ends-at-once': 'The server ends the stream as soon as it has begun, again and again. A proxy or a serverless function that buffers does this; let it stream, or poll instead.',
  cut: 'The connection broke in the middle of the stream.',
  'connect-timeout': 'No answer came in time. With HTTP/1.1 a browser opens six connections to a host, all tabs together: a seventh stream waits. Use HTTP/2, or close streams that nobody sees.',
  'first-byte-timeout': 'The server answered but sent no byte in time. A proxy that buffers does this: X-Accel-Buffering: no, or a comment sent at once, helps.',
  'idle-timeout': 'The stream fell silent for longer than its keep-alives allow.',
  'headers-failed': 'The function for headers or accessToken failed; see its own error in the console.',
  'event-too-large': 'One event was larger than maxEventBytes, so the stream has stopped. Send less, or raise the limit.',
  'native-closed': "The browser's own EventSource gave up, and does not say why. With transport: 'fetch' the reason is told.",
  'module-failed': "The stream's WebAssembly module could not be loaded. Serve storywire_stream_bg.wasm beside the script, and allow 'wasm-unsafe-eval' in script-src if the page has a content security policy.",
}

/** A stream that failed: for good, or until it tries again. */
export class StreamError extends Error {
  /**
   * @param {string} code one of `faults`
   * @param {{ status?: number, contentType?: string, retryIn?: number | null, url?: string, cause?: unknown }} [details]
   */
  constructor(code, { status = 0, contentType = '', retryIn = null, url = '', cause } = {}) {
    const answer = status === 0 ? '' : ` (${status}${contentType === '' ? '' : `, ${contentType}`})`
    const next = retryIn === null ? '' : ` It tries again in ${Math.ceil(retryIn / 1000)} s.`
    super(`${faults[code] ?? code}${answer}${next}`, cause === undefined ? undefined : { cause })
    this.name = 'StreamError'
    /** Which fault it is; stable, unlike the message. */
    this.code = code
    /** The status of the answer; 0 where there was none. */
    this.status = status
    /** The type of the answer, where that was wrong. */
    this.contentType = contentType
    /** After how many milliseconds the stream tries again; null if it never will. */
    this.retryIn = retryIn
    /** The stream's URL. */
    this.url = url
  }

  /** Whether the stream tries again by itself. */
  get willRetry() {
    return this.retryIn !== null
  }
}
