//! The program itself: one line when it is ready, one sentence when it cannot be, and an orderly end.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use futures_util::StreamExt;
use storywire_server::config::PUBLISHABLE_KEY;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Starts the program and reads the line it prints.
fn program(port: &str) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_storywire-server"))
        .args(["--port", port])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[tokio::test]
async fn it_says_where_it_listens_and_closes_its_sockets_when_terminated() {
    let started = std::time::Instant::now();
    let (mut child, line) = program("0");
    assert!(started.elapsed().as_millis() < 1000, "it took {:?}", started.elapsed());
    let address = line.strip_prefix("Storywire's local backend listens on http://127.0.0.1:").unwrap();
    let port = address.strip_suffix("/\n").unwrap();
    let url = format!("ws://127.0.0.1:{port}/realtime/v1/websocket?apikey={PUBLISHABLE_KEY}&vsn=2.0.0");
    let (mut socket, _) = connect_async(url).await.unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else { panic!("no close frame") };
    assert_eq!(u16::from(frame.code), 1012);
    drop(socket);
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_says_in_one_sentence_that_the_port_is_taken() {
    let (mut first, line) = program("0");
    let port = line.trim().trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    let (mut second, nothing) = program(&port);
    let mut said = String::new();
    second.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(nothing, "");
    assert!(said.starts_with(&format!("Port {port} is taken")) && said.lines().count() == 1, "{said}");
    assert!(!second.wait().unwrap().success());
    first.kill().unwrap();
    first.wait().unwrap();
}
