// What the script tag puts on the window, for code of a page:
//
//   import type {} from 'storywire/auto'
//   window.Storywire ||= []
//   window.Storywire.push((storywire) => storywire.story(id))
import type { Client } from './client.js'
import type { PageClient } from './page-client.js'

/** A queue at first, Storywire itself later. Both take functions that are called with the client. */
export interface StorywireQueue {
  push(...functions: ((storywire: Client) => unknown)[]): unknown
  /** The client that keeps the page true, once it is there. */
  readonly client?: PageClient
}

declare global {
  interface Window {
    Storywire?: StorywireQueue
  }
}
