//! `storywire-server`: flags, listening, and an orderly end.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::{Long, Short, ValueExt};
use storywire_server::app;
use storywire_server::config::Config;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
Storywire's local backend.

  --port <number>            where to listen on 127.0.0.1 (default 8787, or the environment's PORT; 0 picks one)
  --www <directory>          pages served at / (default www)
  --dist <directory>         the built package served at /dist/ (default dist)
  --subscribed-delay <ms>    join reply to \"Subscribed to PostgreSQL\" (default 50)
  --changes-delay <ms>       commit to postgres_changes (default 0)
  --joins-per-second <n>     limit of the whole server (default off)
  --realistic                delays as measured on the real service
  --help
";

#[tokio::main]
async fn main() -> ExitCode {
    let (config, port) = match flags() {
        Ok(Some(flags)) => flags,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}. Run with --help to see the flags.");
            return ExitCode::from(2);
        }
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let running = match app::start(config, address).await {
        Ok(running) => running,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            eprintln!("Port {port} is taken by another program; stop that, or choose another with PORT=8788.");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("Cannot listen on {address}: {error}.");
            return ExitCode::FAILURE;
        }
    };
    // Before the line that invites others to send one.
    let ended = end_signals();
    println!("Storywire's local backend listens on http://{}/", running.address);
    ended.await;
    running.stop().await;
    ExitCode::SUCCESS
}

fn flags() -> Result<Option<(Config, u16)>, lexopt::Error> {
    let mut config = Config { www: Some("www".into()), dist: Some("dist".into()), ..Config::default() };
    let mut port = match std::env::var("PORT") {
        Ok(text) => text.parse().map_err(|_| format!("PORT is \"{text}\", which is no port number"))?,
        Err(_) => 8787,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("port") => port = parser.value()?.parse()?,
            Long("www") => config.www = Some(parser.value()?.into()),
            Long("dist") => config.dist = Some(parser.value()?.into()),
            Long("subscribed-delay") => {
                config.knobs.subscribed_delay = Duration::from_millis(parser.value()?.parse()?);
            }
            Long("changes-delay") => config.knobs.changes_delay = Duration::from_millis(parser.value()?.parse()?),
            Long("joins-per-second") => config.knobs.joins_per_second = Some(parser.value()?.parse()?),
            Long("realistic") => {
                config.knobs.subscribed_delay = Duration::from_millis(1500);
                config.knobs.changes_delay = Duration::from_millis(236);
                config.knobs.join_error_delay = Duration::from_secs(5);
                config.knobs.refusal_delay = Duration::from_secs(2);
            }
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((config, port)))
}

/// Listens for Ctrl+C and a request to terminate from now on; the future waits for either, or for ever when neither can
/// be listened for.
fn end_signals() -> impl Future<Output = ()> {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}
