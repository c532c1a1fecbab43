// What the script tag puts on the window, for code of a page:
//
//   import type {} from 'storywire/auto'
//   window.Storywire ||= []
//   window.Storywire.push((storywire) => storywire.story(id))
import type { Client } from './client.js'
import type { PageClient } from './page-client.js'

/** Called with the client; the longer form is told, too, that it will never be there. */
export type StorywireEntry = ((storywire: Client) => unknown) | { ready?: (storywire: Client) => unknown; unavailable?: (error: Error) => unknown }

/** A queue at first, Storywire itself later. */
export interface StorywireQueue {
  push(...entries: StorywireEntry[]): unknown
  /** Of the script. */
  readonly version?: string
  /** The client that keeps the page true, once it is there. */
  readonly client?: PageClient
  /** A text for a support request, without keys and tokens; it is printed on the console too. */
  report?(): Promise<string>
  /** Opens the debug panel again, on a page that has it (`?storywire-debug`). */
  debug?(): void
}

declare global {
  interface Window {
    Storywire?: StorywireQueue
  }
}
