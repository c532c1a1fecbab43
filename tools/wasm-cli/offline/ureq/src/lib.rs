//! The part of `ureq` that wasm-pack calls, without a network: every request is refused.

use std::fmt;

pub struct Agent;
pub type AgentBuilder = Agent;
pub type Request = Agent;

pub fn builder() -> AgentBuilder {
    Agent
}

impl Agent {
    pub fn try_proxy_from_env(self, _: bool) -> Self {
        self
    }

    pub fn user_agent(self, _: &str) -> Self {
        self
    }

    pub fn build(self) -> Self {
        self
    }

    pub fn get(&self, _: &str) -> Request {
        Agent
    }

    pub fn set(self, _: &str, _: &str) -> Self {
        self
    }

    pub fn call(self) -> Result<Response, Refused> {
        Err(Refused)
    }
}

/// There never is one.
pub enum Response {}

impl Response {
    pub fn status(&self) -> u16 {
        match *self {}
    }

    pub fn into_json<T: serde::de::DeserializeOwned>(self) -> Result<T, Refused> {
        match self {}
    }
}

#[derive(Debug)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("this build of wasm-pack downloads nothing: run `npm run setup`, which installs what is missing")
    }
}

impl std::error::Error for Refused {}
