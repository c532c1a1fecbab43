// The public types. Times are milliseconds.

/** How a client behaves. */
export interface ClientOptions {
  /** Gives the access token of the signed-in user, or null. It is asked before the first join, ahead of expiry, and after a refusal. */
  accessToken?: () => string | null | undefined | Promise<string | null | undefined>
  /** The base of the API for retries and streams, e.g. `https://api.example.com/api/v1`. */
  apiBase?: string
  /** The version of the protocol: `2.0.0` (default), or `1.0.0` for old servers. */
  vsn?: '1.0.0' | '2.0.0'
  /** The WebSocket's URL, if it is not `<url>/realtime/v1/websocket`. */
  socketUrl?: string
  /** Where the module lies, if not beside the script; several places are tried in their order. Its bytes will do too. */
  wasm?: string | URL | BufferSource | (string | URL)[] | ((name: string) => any[])
  /** Stands in for the browser's class, in tests: see `storywire/testing`. */
  WebSocket?: new (url: string) => WebSocket
  /** Stands in for the browser's function. */
  fetch?: (url: string, init?: RequestInit) => Promise<Response>
  timing?: Timing
  /**
   * Asks for an asset of any story to be made again, in place of the API; undefined leaves it to the API. It throws or rejects
   * if it cannot be, or gives `{ status: 402, upgradeUrl }`, `{ status: 429 }`, `{ retried: [] }`.
   */
  retry?: (asset: { story: string; asset: string }) => any
  /** How many channels one socket may carry: 100, as Supabase has it by default. */
  channelLimit?: number
  /** Words, names, columns, texts and order of assets, added to the defaults. */
  assets?: AssetSettings
  /** Where stories are kept: `{ schema: 'public', table: 'stories', key: 'id', topic: 'story:' }`. */
  stories?: { schema?: string; table?: string; key?: string; topic?: string }
}

/** What assets are called, and what is said of them. Each table is added to the defaults; a name that is there already is replaced. */
export interface AssetSettings {
  /** The classes that say a state, so that a page whose own `.error` means something else can choose others; `''` is none. */
  classes?: { skeleton?: string; animating?: string; error?: string }
  /** The backend's word for a status → `pending`, `generating`, `ready` or `failed`: `{ baked: 'ready' }`. Known are `queued`, `processing`, `cancelled` and about thirty more. */
  words?: Record<string, string>
  /** The backend's name of an asset → the page's: `{ poster: 'cover' }`. Known are `content`, `cover_art`, `narration` and others. */
  aliases?: Record<string, string>
  /** What is counted → what it belongs to: `{ scene: 'scenes' }` gathers `scene_1`, `scene_2`, … */
  parts?: Record<string, string>
  /** A column of the row → the asset whose content it is: `{ trailer_file: 'trailer' }`; `audio.track` are its captions. A column `<asset>_url` needs no entry. */
  columns?: Record<string, string>
  /** An asset → `text`, `image`, `audio`, `video`, `frame`, `link` or `background`, for elements that do not say so themselves. */
  media?: Record<string, string>
  /** The ending of an address → the same, for assets that are in no table. */
  endings?: Record<string, string>
  /**
   * What is said, for all assets or for one; `{}` stands for its name. The states: `pending`, `generating`, `failed`, `broken` (it did not
   * load), `said` (read out when it is ready). The button: `retry`, `retrying`, and what came of it: `nothing`, `payment`, `upgrade`, `wait`
   * (`{}` are the seconds), `retry-failed`. What stands in the way: `unknown-story`, `no-permission`, `unreachable`, `unreadable`. Of one
   * asset also `name`, and `open` for a link to it: `{ retry: 'Nochmal', cover: { name: 'Titelbild', failed: 'Kein Titelbild' } }`.
   */
  texts?: Record<string, string | Record<string, string>>
  /** In which order assets are painted and loaded, in place of ours: `['cover', 'text']`; what is missing comes last. */
  order?: string[]
  /** The schemes that addresses may have, in place of `https`, `http` and `blob`. */
  schemes?: string[]
}

/** What has become of an asset, or of a story as a whole. */
export interface AssetChange {
  kind: 'asset' | 'story' | 'odd'
  story: string
  asset: string
  status: string
  /** 0 to 100; null: unknown. */
  progress: number | null
  url: string
}

export interface StoryHandlers {
  /** The story as a whole: `pending`, `generating`, `partial`, `completed` or `failed`. */
  onChange?: (change: AssetChange) => unknown
  /** One asset: `pending`, `generating`, `ready` or `failed`. */
  onAsset?: (change: AssetChange) => unknown
  onError?: (error: Error & { code: string; retryIn: number | null }) => unknown
  /** Asks for an asset to be made again, in place of the API; throws or rejects if it cannot be. */
  retry?: (asset: string) => any
}

/** All in milliseconds. */
export interface Timing {
  /** Between two heartbeats: 25,000. The server closes a socket that was silent for 60,000. */
  heartbeatInterval?: number
  /** For the answer to a join or a message: 10,000. */
  timeout?: number
  /** The base of the backoff, which doubles with each failure and is drawn with full jitter: 1,000. */
  reconnectBase?: number
  /** The cap of the backoff: 30,000. */
  reconnectCap?: number
  /** Between two reads while no socket can be had: 5,000, doubling up to 30,000. */
  pollInterval?: number
  /** Polling begins when no socket could be had for this long: 5,000. */
  pollAfter?: number
  /** A row that was silent for this long is read once more: 60,000, doubling up to 600,000. */
  quietInterval?: number
  /** Between two joins, on the average, after the first twenty: 80, which keeps a fleet under the server's limit. */
  joinInterval?: number
}

export type Connection = 'live' | 'catching-up' | 'polling' | 'offline' | 'stopped'

export type ChannelStatus = 'SUBSCRIBED' | 'TIMED_OUT' | 'CLOSED' | 'CHANNEL_ERROR'

export interface ChannelOptions {
  config?: {
    broadcast?: {
      /** The server answers each broadcast. */
      ack?: boolean
      /** Own broadcasts come back. */
      self?: boolean
      /** Messages since then (milliseconds since the epoch), at most 25; private channels only. */
      replay?: { since: number; limit?: number }
      /** A listener for `system` hears when changes of the database can be broadcast. */
      replication_ready?: boolean
    }
    presence?: { key?: string; enabled?: boolean }
    private?: boolean
    /** `int8` and `numeric` values come as exact text, or `int8` as BigInt. */
    exact?: 'text' | 'bigint'
  }
}

/** Somebody who is on a topic. */
export interface Person {
  key: string
  /** What the tabs of this person say, the latest over what was said before. An object without a prototype. */
  meta: Record<string, any>
  /** What each tab says, the latest last. `online_at` is when it was said. */
  metas: Record<string, any>[]
  /** The key is that of this client. */
  self: boolean
}

export interface RoomOptions {
  /** Under which this client is present, e.g. the user's id: several tabs of one key are one person. Everybody sees it. */
  key?: string | number | null
  /** Only for those whom the policies of `realtime.messages` allow. */
  private?: boolean
  onError?: (error: Error & { code: string; retryIn: number | null }) => unknown
}

export interface PresenceOptions extends RoomOptions {
  /** What the others see of this client: `{}` by default; null: it only watches. At most 10,000 characters as JSON. */
  meta?: Record<string, any> | null
  /** Everybody, in the order of coming: when it is known first, and after every change. */
  onSync?: (people: Person[]) => unknown
  /** Somebody came since. */
  onJoin?: (person: Person) => unknown
  /** Somebody has gone with the last tab. */
  onLeave?: (person: Person) => unknown
  /** An element that lists them, as `[data-sw-presence]` does. */
  list?: Element
}

export interface RowsOptions {
  /** `public` by default. */
  schema?: string
  /** The columns, as in PostgREST: `*` by default. */
  select?: string
  /** The primary key's column: `id` by default. */
  key?: string
  /** The order in which they are read, as in PostgREST: `created_at.desc`. */
  order?: string
  /** The most rows that a read brings; a row that the next read leaves out counts as gone. */
  limit?: number
  /** The topic of the channel: `<table>:<filter>` by default. */
  topic?: string
}

export interface RowsHandlers {
  /** A row is new, has changed or has gone. */
  onChange?: (change: { type: 'INSERT' | 'UPDATE' | 'DELETE'; new: any; old: any; rows: any[] }) => unknown
  /** From here on changes are followed; `continuous`: nothing was missed since the last time. */
  onLive?: (state: { continuous: boolean; rows: any[] }) => unknown
  /** All rows were read, for the first time or again; what differed has been told by `onChange`. Not for `row`. */
  onRead?: (state: { rows: any[] }) => unknown
  /** Changes are no longer followed; the rows stay as they are. */
  onStale?: () => unknown
  onError?: (error: Error & { code: string; retryIn: number | null }) => unknown
}

/** What a page shows of a notification: texts cut to what fits, an address that may be linked or none. */
export interface NotificationCard {
  id: string
  type: string
  title: string
  message: string
  /** `action_url`, `url`, `data.action_url` or `data.url`, if a link may go there; otherwise empty. */
  url: string
  /** `created_at`. */
  time: string
}

export interface Notification extends NotificationCard {
  read: boolean
}

export interface NotificationOptions {
  /** One that is new to the page: it came while the page was open, or while its connection was lost. `row` is all of it. */
  onNotification?: (notification: NotificationCard & { row: any }) => unknown
  /** How many are unread, whenever that changes. */
  onUnread?: (unread: number) => unknown
  onError?: (error: Error & { code: string; retryIn: number | null }) => unknown
  /** Toasts: in `[data-sw-toasts]` by default; `true` makes a place for them if the page has none; `false`: none. */
  toast?: boolean
  /** How long a toast shows, in milliseconds: 6,000, and 50 more for each character up to 20,000; 0: until it is closed. */
  duration?: number
  /** Where else the count shows, as words between spaces: `title` puts `(3)` before the page's title, `app` sets the badge of an installed app. */
  badge?: string
  /** The topic of the broadcasts: `notifications:<user>`; null: none. */
  topic?: string | null
  /** Whether that is a private channel: false. */
  private?: boolean
  /** The table: `notifications`, with `user_id`, `read` and `created_at`; null: none, and broadcasts are all there is. */
  table?: string | null
  /** `public` by default. */
  schema?: string
  /** The column that says whether one was read: `read`, or a time such as `read_at`. */
  readColumn?: string
  /** The most rows that are read, unread ones first: 200. */
  limit?: number
  /** The element below which places are looked for: the whole page. */
  root?: Element
}
