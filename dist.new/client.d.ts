import { Channel } from './channel.js';
import { StorywireError } from './errors.js';
import { Rows } from './rows.js';
import { Sink } from './sink.js';
export type Raw = import('../pkg/storywire.js').RawClient;
export type ClientOptions = import('./types.js').ClientOptions;
export type ChannelOptions = import('./types.js').ChannelOptions;
export type Connection = import('./types.js').Connection;
export type RowsHandlers = import('./types.js').RowsHandlers;
export type RowsOptions = import('./types.js').RowsOptions;
export type Events = {
    connection: Connection;
    error: StorywireError;
};
/** @typedef {import('../pkg/storywire.js').RawClient} Raw */
/** @typedef {import('./types.js').ClientOptions} ClientOptions */
/** @typedef {import('./types.js').ChannelOptions} ChannelOptions */
/** @typedef {import('./types.js').Connection} Connection */
/** @typedef {import('./types.js').RowsHandlers} RowsHandlers */
/** @typedef {import('./types.js').RowsOptions} RowsOptions */
/** @typedef {{ connection: Connection, error: StorywireError }} Events */
export declare class Client {
    #private;
    /** Settles when the module has loaded; never rejects: a failure is an `error` event. @type {Promise<void>} */
    ready: Promise<void>;
    sink: Sink;
    /** `client.realtime` of Supabase's client, as far as pages use it. */
    realtime: {
        /** Sets the access token; null goes back to `accessToken`, or to none. @param {string | null} [token] */
        setAuth: (token?: string | null) => Promise<void>;
        getChannels: () => Channel[];
        channel: (/** @type {string} */ name: string, /** @type {ChannelOptions} */ options: ChannelOptions) => Channel;
        removeChannel: (/** @type {Channel} */ channel: Channel) => Promise<"ok">;
        removeAllChannels: () => Promise<"ok"[]>;
        connect: () => void;
        disconnect: () => Promise<"ok"[]>;
        isConnected: () => boolean;
    };
    /**
     * @param {string} url of the project, e.g. `https://xyz.supabase.co` @param {string} key publishable or anon
     * @param {ClientOptions} [options]
     * @throws {StorywireError} `bad-url`, `no-key`, `service-key`: at once, since nothing can work
     */
    constructor(url: string, key: string, options?: ClientOptions);
    /** @param {string} name @param {ChannelOptions} [options] */
    channel(name: string, options?: ChannelOptions): Channel;
    /** The channels that are subscribed. */
    getChannels(): Channel[];
    /** @param {Channel} channel @returns {Promise<'ok'>} */
    removeChannel(channel: Channel): Promise<'ok'>;
    /** @returns {Promise<'ok'[]>} */
    removeAllChannels(): Promise<'ok'[]>;
    /**
     * Follows one row: reads it, keeps it current, reads it again after every gap.
     * @param {string} table @param {string | Record<string, any>} filter `id=eq.42` or `{ id: 42 }`
     * @param {RowsHandlers} [handlers] @param {RowsOptions} [options]
     */
    row(table: string, filter: string | Record<string, any>, handlers?: RowsHandlers, options?: RowsOptions): Rows;
    /**
     * Follows all rows that a filter names.
     * @param {string} table @param {string | Record<string, any> | undefined} filter
     * @param {RowsHandlers} [handlers] @param {RowsOptions} [options]
     */
    rows(table: string, filter: string | Record<string, any> | undefined, handlers?: RowsHandlers, options?: RowsOptions): Rows;
    /** `live`, `catching-up`, `polling`, `offline` or `stopped`. @returns {Connection} */
    get connection(): Connection;
    /**
     * @template {keyof Events} Event
     * @param {Event} event `connection` or `error` @param {(value: Events[Event]) => unknown} listener
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {() => void} the undo
     */
    on<Event extends keyof Events>(event: Event, listener: (value: Events[Event]) => unknown, options?: {
        signal?: AbortSignal;
    }): () => void;
    /** Closes everything, for good: nothing is called any more, no timer and no socket remains. */
    close(): void;
    /**
     * Gives the core a command, now or when it has loaded. A misuse comes back as an error.
     * @param {(raw: Raw) => void} command @param {(error: StorywireError) => void} [onError]
     */
    run(command: (raw: Raw) => void, onError?: (error: StorywireError) => void): void;
    /** @template T @param {(raw: Raw) => T} question @returns {T | undefined} */
    ask<T>(question: (raw: Raw) => T): T | undefined;
    /** @param {Channel} channel */
    join(channel: Channel): void;
    /** @param {Channel} channel */
    leave(channel: Channel): void;
    /** @template {keyof Events} Event @param {Event} event @param {Events[Event]} value */
    hear<Event extends keyof Events>(event: Event, value: Events[Event]): boolean;
    /** An error goes to the listeners; where there are none, it is said on the console once for each attempt. @param {StorywireError} error */
    hearError(error: StorywireError): void;
    /** @param {number} request */
    giveToken(request: number): void;
    /**
     * @param {{ topic: string, event: string, payload: any, private: boolean }} message @param {number} timeout
     * @returns {Promise<{ success: true } | { success: false, status: number, error: string }>}
     */
    httpBroadcast(message: {
        topic: string;
        event: string;
        payload: any;
        private: boolean;
    }, timeout: number): Promise<{
        success: true;
    } | {
        success: false;
        status: number;
        error: string;
    }>;
}
