// The socket, opened before anything else is here: what a connection costs is waiting, and the page can wait for both at once.
// Only where the tag itself says all that it takes; everywhere else the client opens it.

/** @typedef {{ url: string, socket: WebSocket }} EarlySocket the core takes it over if it wants the same URL */

/** @param {DOMStringMap} tag @returns {EarlySocket | undefined} */
export function openSocket({ supabaseUrl = '', supabaseKey = '', options, swDemo, swDebug }) {
  // What these say changes where the socket leads, or who looks on.
  if (options || (swDemo ?? swDebug) !== undefined || /storywire-de/.test(location.search)) return
  try {
    // A value of the page is none yet, and a key that is not surely a public one is nothing to put into a URL.
    if (!/^(https?:\/)?\//.test(supabaseUrl) || !(supabaseKey.startsWith('sb_publishable_') || JSON.parse(atob(supabaseKey.split('.')[1] ?? '')).role === 'anon')) return
    const project = new URL(supabaseUrl, location.href).href.replace(/^http/, 'ws').replace(/\/+$/, '')
    const url = `${project}/realtime/v1/websocket?apikey=${encodeURIComponent(supabaseKey)}&vsn=2.0.0`
    return { url, socket: new WebSocket(url) }
  } catch {
    // The client will try the same and say what is wrong.
  }
}

/** Lets go of one that nobody wants. Browsers warn of a socket that is closed before it is open. @param {EarlySocket | undefined} early */
export function letGo(early) {
  const { socket } = early ?? {}
  if (socket?.readyState) socket.close()
  else socket?.addEventListener('open', () => socket.close())
}
