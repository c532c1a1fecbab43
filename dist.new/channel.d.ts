import { StorywireError } from './errors.js';
export type Client = import('./client.js').Client;
export type Raw = import('./client.js').Raw;
export type ChannelOptions = import('./types.js').ChannelOptions;
export type ChannelStatus = import('./types.js').ChannelStatus;
export type SendResult = 'ok' | 'error' | 'timed out';
export type Binding = {
    key: number;
    type: string;
    filter: Record<string, any>;
    listener: (payload: any) => unknown;
};
export declare class Channel {
    #private;
    /** The topic as Supabase's client writes it. */
    topic: string;
    /** The name given to `client.channel`. */
    name: string;
    /** @type {ChannelOptions} */
    params: ChannelOptions;
    /** @type {'closed' | 'joining' | 'joined' | 'leaving' | 'errored'} */
    state: 'closed' | 'joining' | 'joined' | 'leaving' | 'errored';
    /** @type {number | undefined} */
    id: number | undefined;
    /** @param {Client} client @param {string} name @param {ChannelOptions} options */
    constructor(client: Client, name: string, options: ChannelOptions);
    /**
     * Listens, at any time. Returns the channel itself, as Supabase's client does, which has the undo as `off`.
     * @param {'postgres_changes' | 'broadcast' | 'presence' | 'system'} type
     * @param {Record<string, any>} filter
     * @param {(payload: any) => unknown} listener
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {Channel & (() => void)}
     */
    on(type: 'postgres_changes' | 'broadcast' | 'presence' | 'system', filter: Record<string, any>, listener: (payload: any) => unknown, { signal }?: {
        signal?: AbortSignal;
    }): Channel & (() => void);
    /**
     * Joins. The callback hears every change of state: `SUBSCRIBED`, `CHANNEL_ERROR`, `TIMED_OUT`, `CLOSED`; after an error
     * that can heal, the channel joins again by itself.
     * @param {(status: ChannelStatus, error?: Error) => unknown} [callback]
     */
    subscribe(callback?: (status: ChannelStatus, error?: Error) => unknown): this;
    /** Leaves. The channel can be subscribed again. @returns {Promise<'ok'>} */
    unsubscribe(): Promise<'ok'>;
    /**
     * Sends a broadcast, or presence in the words of Supabase's client. Before the join it waits up to 10 s.
     * @param {{ type: string, event?: string, payload?: any, [key: string]: any }} message
     * @param {{ latest?: boolean }} [options] `latest`: while it waits, a later one of the same event takes its place
     * @returns {Promise<SendResult>} never rejects
     */
    send(message: {
        type: string;
        event?: string;
        payload?: any;
        [key: string]: any;
    }, { latest }?: {
        latest?: boolean;
    }): Promise<SendResult>;
    /**
     * Sends a broadcast over HTTP, which needs no join.
     * @param {string} event @param {any} payload @param {{ timeout?: number }} [options] milliseconds, 10,000 by default
     * @returns {Promise<{ success: true } | { success: false, status: number, error: string }>} never rejects
     */
    httpSend(event: string, payload: any, { timeout }?: {
        timeout?: number;
    }): Promise<{
        success: true;
    } | {
        success: false;
        status: number;
        error: string;
    }>;
    /**
     * Shows this client to the others, now and after every rejoin.
     * @param {Record<string, any>} meta @returns {Promise<SendResult>}
     */
    track(meta: Record<string, any>): Promise<SendResult>;
    /** Takes it back. @returns {Promise<SendResult>} */
    untrack(): Promise<SendResult>;
    /** Who is present: lists by key. An object without a prototype, so that every key is only a key. */
    presenceState(): Record<string, any[]>;
    /** @param {StorywireError} error */
    hearError(error: StorywireError): void;
    /** @param {ChannelStatus} status */
    hearStatus(status: ChannelStatus): void;
    /** @param {Uint32Array} keys @param {any} data */
    hearChange(keys: Uint32Array, data: any): void;
    /** @param {string} event @param {any} payload @param {any} meta */
    hearBroadcast(event: string, payload: any, meta: any): void;
    /** @param {string} event @param {string} key @param {string} current @param {string} changed */
    hearPresence(event: string, key: string, current: string, changed: string): void;
    /** @param {any} payload */
    hearSystem(payload: any): void;
}
