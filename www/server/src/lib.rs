//! The local backend: what a Storywire page talks to while nobody pays for a project.
//!
//! It speaks what Supabase speaks (Realtime's channels, PostgREST's rows, JWTs) and the small API of a story service,
//! keeps everything in memory, and misbehaves on request. It shares no code with the SDK: it is a second opinion.
//! Read in this order.

pub mod app;
pub mod config;
pub mod jwt;

pub mod db;
pub mod filter;
pub mod rest;
pub mod rpc;

pub mod realtime;

pub mod api;
pub mod stream;

pub mod demo;

pub mod control;
pub mod files;
