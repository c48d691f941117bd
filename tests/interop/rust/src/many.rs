//! Many connections to one peer: made and closed one after another, or made and held.

use std::time::{Duration, Instant};

use libp2p::futures::future::try_join_all;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::SwarmEvent;
use libp2p::Swarm;
use serde_json::json;
use tokio::signal::unix::{signal, SignalKind};

use crate::node::{new_swarm, next, split, Behaviour};
use crate::{say, Options, Result};

fn dial(swarm: &mut Swarm<Behaviour>, opt: &Options) -> Result<()> {
    let (addr, peer) = split(&opt.addr)?;
    let dial = DialOpts::peer_id(peer)
        .condition(PeerCondition::Always)
        .addresses(vec![addr]);
    Ok(swarm.dial(dial.build())?)
}

/// Make and close `count` connections one after another, from an identity of its own.
async fn lane(mut swarm: Swarm<Behaviour>, opt: Options, count: usize) -> Result<()> {
    for _ in 0..count {
        dial(&mut swarm, &opt)?;
        loop {
            match next(&mut swarm, &opt).await {
                SwarmEvent::ConnectionEstablished { connection_id, .. } => {
                    swarm.close_connection(connection_id);
                }
                SwarmEvent::ConnectionClosed { .. } => break,
                SwarmEvent::OutgoingConnectionError { error, .. } => {
                    return Err(error.to_string().into())
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The lanes share the work evenly: a listener may bound the connections of one peer.
pub async fn handshakes(opt: &Options) -> Result<()> {
    let mut swarms = Vec::new();
    for _ in 0..opt.parallel {
        swarms.push(new_swarm(opt)?);
    }
    let start = Instant::now();
    let tasks = swarms.into_iter().enumerate().map(|(i, swarm)| {
        let share = opt.count / opt.parallel + usize::from(i < opt.count % opt.parallel);
        tokio::spawn(lane(swarm, opt.clone(), share))
    });
    for done in try_join_all(tasks.collect::<Vec<_>>()).await? {
        done?;
    }
    let seconds = start.elapsed().as_secs_f64();
    say(
        json!({ "type": "handshakes", "count": opt.count, "parallel": opt.parallel,
        "seconds": seconds, "perSecond": opt.count as f64 / seconds }),
    );
    Ok(())
}

pub async fn idle(opt: &Options) -> Result<()> {
    let mut swarm = new_swarm(opt)?;
    let mut begun = 0;
    while begun < opt.count.min(16) {
        dial(&mut swarm, opt)?;
        begun += 1;
    }
    let mut held = 0;
    let mut told = false;
    let mut term = signal(SignalKind::terminate())?;
    loop {
        let settle = tokio::time::sleep(Duration::from_millis(500));
        tokio::select! {
            _ = term.recv() => return Ok(()),
            _ = settle, if held == opt.count && !told => {
                told = true;
                say(json!({ "event": "idle", "count": held }));
            }
            event = next(&mut swarm, opt) => match event {
                SwarmEvent::ConnectionEstablished { .. } => {
                    held += 1;
                    if begun < opt.count {
                        dial(&mut swarm, opt)?;
                        begun += 1;
                    }
                }
                SwarmEvent::ConnectionClosed { cause, .. } => {
                    return Err(format!("a held connection closed: {cause:?}").into())
                }
                SwarmEvent::OutgoingConnectionError { error, .. } => return Err(error.to_string().into()),
                _ => {}
            }
        }
    }
}
