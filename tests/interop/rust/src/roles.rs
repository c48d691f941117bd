//! What the peer does to the one it dials, over one connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use libp2p::futures::future::try_join_all;
use libp2p::futures::{AsyncReadExt, AsyncWriteExt};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{Stream, SwarmEvent};
use libp2p::{identify, PeerId, Swarm};
use libp2p_stream::Control;
use rand::RngCore;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::signal::unix::{signal, SignalKind};

use crate::node::{listen_addr, new_swarm, next, split, Behaviour, BehaviourEvent};
use crate::serve::{BLOCK, ECHO, PERF, PING};
use crate::{say, Options, Result};

pub async fn listen(opt: &Options) -> Result<()> {
    let mut swarm = new_swarm(opt)?;
    swarm.listen_on(listen_addr(opt)?)?;
    let mut term = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            _ = term.recv() => return Ok(()),
            _ = next(&mut swarm, opt) => {}
        }
    }
}

/// Drive the swarm until the peer is connected, and with `identified` until identify is done.
async fn connect(swarm: &mut Swarm<Behaviour>, opt: &Options, identified: bool) -> Result<PeerId> {
    let (addr, peer) = split(&opt.addr)?;
    let dial = DialOpts::peer_id(peer)
        .condition(PeerCondition::Always)
        .addresses(vec![addr]);
    swarm.dial(dial.build())?;
    loop {
        match next(swarm, opt).await {
            SwarmEvent::ConnectionEstablished { .. } if !identified => return Ok(peer),
            SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
                ..
            })) => return Ok(peer),
            SwarmEvent::OutgoingConnectionError { error, .. } => {
                return Err(error.to_string().into())
            }
            SwarmEvent::ConnectionClosed { cause, .. } => {
                return Err(format!("the connection closed: {cause:?}").into())
            }
            _ => {}
        }
    }
}

pub async fn dial(opt: &Options) -> Result<()> {
    let mut swarm = new_swarm(opt)?;
    let wait = Duration::from_secs(20);
    let connecting = connect(&mut swarm, opt, opt.role == "identify");
    let peer = tokio::time::timeout(wait, connecting).await??;
    if opt.role == "identify" {
        return Ok(());
    }
    if opt.role == "hold" {
        say(json!({ "event": "self", "peer": swarm.local_peer_id().to_string() }));
    }
    let control = swarm.behaviour().stream.new_control();
    let mut term = signal(SignalKind::terminate())?;
    let options = opt.clone();
    let mut work = tokio::spawn(async move { work(control, peer, &options).await });
    loop {
        tokio::select! {
            done = &mut work => return done?,
            _ = term.recv() => return Ok(()),
            event = next(&mut swarm, opt) => {
                if opt.role == "hold" && matches!(event, SwarmEvent::ConnectionClosed { .. }) {
                    return Ok(());
                }
            }
        }
    }
}

async fn work(control: Control, peer: PeerId, opt: &Options) -> Result<()> {
    match opt.role.as_str() {
        "ping" => ping(control, peer, opt).await,
        "echo" => echo(control, peer, opt).await,
        "perf" => perf(control, peer, opt).await,
        _ => std::future::pending().await,
    }
}

async fn ping(mut control: Control, peer: PeerId, opt: &Options) -> Result<()> {
    let mut stream = control.open_stream(peer, PING).await?;
    let mut rtts = Vec::with_capacity(opt.count);
    let (mut sent, mut got) = ([0; 32], [0; 32]);
    for i in 0..opt.count {
        rand::thread_rng().fill_bytes(&mut sent);
        let start = Instant::now();
        stream.write_all(&sent).await?;
        stream.flush().await?;
        stream.read_exact(&mut got).await?;
        rtts.push(start.elapsed().as_secs_f64() * 1000.0);
        if sent != got {
            return Err(format!("ping {i} came back wrong").into());
        }
    }
    stream.close().await?;
    rtts.sort_by(f64::total_cmp);
    let at = |q: f64| rtts[((q * rtts.len() as f64) as usize).min(rtts.len() - 1)];
    say(json!({ "type": "ping", "count": opt.count, "rttMs": {
        "min": rtts[0], "median": at(0.5), "p99": at(0.99), "max": rtts[rtts.len() - 1] } }));
    Ok(())
}

/// Send `bytes` random bytes while reading them back; true if the same ones returned.
async fn echo_one(stream: Stream, bytes: u64) -> Result<bool> {
    let (mut reader, mut writer) = stream.split();
    let write = async {
        let mut hash = Sha256::new();
        let mut buf = vec![0; BLOCK];
        let mut left = bytes;
        while left > 0 {
            let n = left.min(BLOCK as u64) as usize;
            rand::thread_rng().fill_bytes(&mut buf[..n]);
            hash.update(&buf[..n]);
            writer.write_all(&buf[..n]).await?;
            left -= n as u64;
        }
        writer.close().await?;
        Ok::<_, std::io::Error>(hash.finalize())
    };
    let read = async {
        let mut hash = Sha256::new();
        let mut buf = vec![0; BLOCK];
        loop {
            let n = reader.read(&mut buf).await?;
            if n == 0 {
                return Ok::<_, std::io::Error>(hash.finalize());
            }
            hash.update(&buf[..n]);
        }
    };
    let (sent, got) = tokio::try_join!(write, read)?;
    Ok(sent == got)
}

async fn echo(mut control: Control, peer: PeerId, opt: &Options) -> Result<()> {
    let start = Instant::now();
    let mut tasks = Vec::new();
    let mut streams = Vec::new();
    for _ in 0..opt.streams {
        streams.push(control.open_stream(peer, ECHO).await?);
    }
    for stream in streams {
        let bytes = opt.bytes;
        tasks.push(tokio::spawn(async move { echo_one(stream, bytes).await }));
    }
    let mut matched = 0;
    let mut failure = None;
    for result in try_join_all(tasks).await? {
        match result {
            Ok(true) => matched += 1,
            Ok(false) => failure = Some("what came back differs".into()),
            Err(err) => failure = Some(err),
        }
    }
    say(
        json!({ "type": "echo", "bytes": opt.bytes, "streams": opt.streams, "matched": matched,
        "seconds": start.elapsed().as_secs_f64() }),
    );
    failure.map_or(Ok(()), Err)
}

/// Print perf's line of each second for as long as it is polled.
async fn meter(up: Arc<AtomicU64>, down: Arc<AtomicU64>) {
    let (mut last, mut last_up, mut last_down) = (Instant::now(), 0, 0);
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (u, d) = (up.load(Ordering::Relaxed), down.load(Ordering::Relaxed));
        say(
            json!({ "type": "intermediary", "timeSeconds": last.elapsed().as_secs_f64(),
            "uploadBytes": u - last_up, "downloadBytes": d - last_down }),
        );
        (last, last_up, last_down) = (Instant::now(), u, d);
    }
}

async fn perf(mut control: Control, peer: PeerId, opt: &Options) -> Result<()> {
    let start = Instant::now();
    let up = Arc::new(AtomicU64::new(0));
    let down = Arc::new(AtomicU64::new(0));
    let ticker = tokio::spawn(meter(up.clone(), down.clone()));
    let mut stream = control.open_stream(peer, PERF).await?;
    stream.write_all(&opt.download.to_be_bytes()).await?;
    let mut buf = vec![0; BLOCK];
    let mut left = opt.upload;
    while left > 0 {
        let n = left.min(BLOCK as u64);
        stream.write_all(&buf[..n as usize]).await?;
        up.fetch_add(n, Ordering::Relaxed);
        left -= n;
    }
    stream.close().await?;
    loop {
        let n = stream.read(&mut buf).await?;
        if n == 0 {
            break;
        }
        down.fetch_add(n as u64, Ordering::Relaxed);
    }
    ticker.abort();
    let got = down.load(Ordering::Relaxed);
    if got != opt.download {
        return Err(format!("asked for {} bytes, got {got}", opt.download).into());
    }
    say(
        json!({ "type": "final", "timeSeconds": start.elapsed().as_secs_f64(),
        "uploadBytes": opt.upload, "downloadBytes": got }),
    );
    Ok(())
}
