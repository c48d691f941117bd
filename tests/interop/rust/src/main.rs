//! A rust-libp2p peer for wavu's interop tests and benchmarks.
//!
//! What arrives: a role and its options on the command line (see USAGE). What leaves: JSON lines on
//! stdout, the same ones that js/peer.mjs and go/main.go print. Exit code 0, or 1 after an "error"
//! line.

mod many;
mod node;
mod roles;
mod serve;

use std::error::Error;
use std::process::exit;

use serde_json::{json, Value};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const USAGE: &str = "usage: rust_peer ROLE [ADDR] [options]
  listen                      serve identify, ping, perf and echo until SIGTERM
  identify ADDR               dial, print what identify says
  hold ADDR                   dial and stay; says \"disconnected\" when the peer is lost
  ping ADDR -c N              N round trips on one stream
  echo ADDR --bytes N --streams K   open K streams, send N bytes on each while reading them back
  perf ADDR --upload-bytes N --download-bytes N
  handshakes ADDR --count N --parallel K
  idle ADDR --count N         hold N connections until SIGTERM
options: --host IP  --psk FILE  --bare (no identify, no ping)
";

/// The command line, parsed.
#[derive(Clone)]
pub struct Options {
    pub role: String,
    pub addr: String,
    pub host: String,
    pub psk: Option<String>,
    pub bare: bool,
    pub count: usize,
    pub parallel: usize,
    pub bytes: u64,
    pub streams: usize,
    pub upload: u64,
    pub download: u64,
}

/// Print one JSON line.
pub fn say(line: Value) {
    println!("{line}");
}

fn parse(args: &[String]) -> Result<Options> {
    let mut opt = Options {
        role: String::new(),
        addr: String::new(),
        host: "127.0.0.1".into(),
        psk: None,
        bare: false,
        count: 1,
        parallel: 1,
        bytes: 65536,
        streams: 1,
        upload: 0,
        download: 0,
    };
    let mut words = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--bare" {
            opt.bare = true;
            continue;
        }
        if !arg.starts_with('-') {
            words.push(arg.clone());
            continue;
        }
        let value = args.next().ok_or("an option lacks its value")?;
        match arg.as_str() {
            "--host" => opt.host = value.clone(),
            "--psk" => opt.psk = Some(value.clone()),
            "--count" | "-c" => opt.count = value.parse()?,
            "--parallel" => opt.parallel = value.parse()?,
            "--bytes" => opt.bytes = value.parse()?,
            "--streams" => opt.streams = value.parse()?,
            "--upload-bytes" => opt.upload = value.parse()?,
            "--download-bytes" => opt.download = value.parse()?,
            _ => return Err(format!("unknown option {arg}").into()),
        }
    }
    let mut words = words.into_iter();
    opt.role = words.next().unwrap_or_default();
    opt.addr = words.next().unwrap_or_default();
    Ok(opt)
}

async fn run(opt: Options) -> Result<()> {
    match opt.role.as_str() {
        "listen" => roles::listen(&opt).await,
        "handshakes" => many::handshakes(&opt).await,
        "idle" => many::idle(&opt).await,
        _ => roles::dial(&opt).await,
    }
}

const ROLES: [&str; 8] = [
    "listen",
    "identify",
    "hold",
    "ping",
    "echo",
    "perf",
    "handshakes",
    "idle",
];

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let opt = match parse(&args) {
        Ok(opt)
            if ROLES.contains(&opt.role.as_str())
                && (opt.role == "listen" || !opt.addr.is_empty()) =>
        {
            opt
        }
        _ => {
            eprint!("{USAGE}");
            exit(2);
        }
    };
    if let Err(err) = run(opt).await {
        say(json!({ "event": "error", "message": err.to_string() }));
        exit(1);
    }
}
