// The types of Wized's own JavaScript API (version 2), as far as it is documented, for code of a page:
//
//   import type { Wized } from 'storywire/wized'
//   window.Wized ||= []
//   window.Wized.push((Wized) => Wized.data.v.currentStoryId = '…')

export interface WizedRequestState {
  readonly id: string
  readonly number: number
  readonly data: any
  readonly headers: Record<string, string>
  readonly isRequesting: boolean
  readonly hasRequested: boolean
  readonly status: number
  readonly statusText: string
  readonly ok: boolean
  /** In milliseconds. */
  readonly duration: number
}

/** Reactive: what is assigned is seen by Wized, and a watch sees what Wized assigns. */
export interface WizedData {
  /** Cookies; null deletes one. */
  c: Record<string, any>
  /** Forms, by name: the values of their inputs. */
  f: Record<string, Record<string, any>>
  /** Inputs. */
  i: Record<string, any>
  /** Variables. They are as at the start again after each navigation. */
  v: Record<string, any>
  /** Requests, by name. */
  r: Record<string, WizedRequestState>
  n: {
    readonly href: string
    readonly path: string
    /** Parameters of the address; null deletes one. */
    parameter: Record<string, string | string[] | null>
  }
}

export interface WizedRequests {
  execute(idOrName: string): Promise<WizedRequestState>
  waitFor(idOrName: string): Promise<WizedRequestState>
  /** The client of an app, such as Supabase's. Wized changes its version without notice. */
  getClient(appIdOrName: string): Promise<{ type: string; version: string; client: any }>
}

export interface WizedReactivity {
  /** As in `@vue/reactivity`: runs inside the assignment that it watches, so put real work into a microtask. */
  watch<T>(source: () => T, listener: (value: T, before: T | undefined) => unknown, options?: { immediate?: boolean; deep?: boolean }): () => void
  effect(run: () => unknown): unknown
}

export interface WizedElement {
  readonly name: string
  readonly rendered: boolean
  readonly node: HTMLElement
  readonly anchor: Comment
  readonly parent: WizedElement | null
  readonly children: WizedElement[]
  readonly clones: WizedElement[]
  readonly data: any
  on(event: string, listener: (event: any) => unknown): void
}

export interface Wized {
  readonly version: string
  readonly config: any
  readonly data: WizedData
  readonly requests: WizedRequests
  readonly reactivity: WizedReactivity
  on(event: 'requeststart' | 'requestend', listener: (state: WizedRequestState) => unknown): void
}

/** What `window.Wized` is: a queue at first, Wized itself later. Both take a function that is called when Wized is ready. */
export interface WizedQueue {
  push(...functions: ((wized: Wized) => unknown)[]): unknown
}

declare global {
  interface Window {
    Wized?: WizedQueue
  }
}
