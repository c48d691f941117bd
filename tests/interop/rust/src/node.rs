//! A swarm that speaks TCP, Noise and yamux, and the events that a test wants to see.

use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::Version;
use libp2p::futures::future::Either;
use libp2p::futures::{StreamExt, TryFutureExt};
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::pnet::{PnetConfig, PreSharedKey};
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::{Config, NetworkBehaviour, SwarmEvent};
use libp2p::{identify, noise, ping, tcp, yamux, Multiaddr, PeerId, Swarm, Transport};
use serde_json::json;

use crate::{say, serve, Options, Result};

/// What the node serves and opens. `stream` opens only; `serve` answers echo and perf.
#[derive(NetworkBehaviour)]
pub struct Behaviour {
    pub stream: libp2p_stream::Behaviour,
    pub serve: serve::Behaviour,
    pub ping: Toggle<ping::Behaviour>,
    pub identify: Toggle<identify::Behaviour>,
}

fn transport(key: &Keypair, opt: &Options) -> Result<Boxed<(PeerId, StreamMuxerBox)>> {
    let psk: Option<PreSharedKey> = match &opt.psk {
        Some(path) => Some(std::fs::read_to_string(path)?.parse()?),
        None => None,
    };
    let mut mux = yamux::Config::default();
    mux.set_max_num_streams(4096);
    let wire =
        tcp::tokio::Transport::new(tcp::Config::default().nodelay(true).listen_backlog(4096));
    let wire = wire.and_then(move |socket, _| async move {
        match psk {
            Some(psk) => {
                let guarded = PnetConfig::new(psk)
                    .handshake(socket)
                    .map_err(std::io::Error::other);
                Ok::<_, std::io::Error>(Either::Left(guarded.await?))
            }
            None => Ok(Either::Right(socket)),
        }
    });
    Ok(wire
        .upgrade(Version::V1Lazy)
        .authenticate(noise::Config::new(key)?)
        .multiplex(mux)
        .timeout(Duration::from_secs(20))
        .boxed())
}

pub fn new_swarm(opt: &Options) -> Result<Swarm<Behaviour>> {
    let key = Keypair::generate_ed25519();
    let id = key.public().to_peer_id();
    let agent = "rust-libp2p/0.57.1".to_string();
    let about = identify::Config::new("ipfs/0.1.0".into(), key.public()).with_agent_version(agent);
    // rust-libp2p answers one inbound ping stream at a time: its own must not displace the measured one.
    let pings = !opt.bare && opt.role != "ping";
    let behaviour = Behaviour {
        stream: libp2p_stream::Behaviour::new(),
        serve: serve::Behaviour { pings: !pings },
        ping: Toggle::from(pings.then(ping::Behaviour::default)),
        identify: Toggle::from((!opt.bare).then(|| identify::Behaviour::new(about))),
    };
    let config = Config::with_tokio_executor()
        .with_idle_connection_timeout(Duration::from_secs(24 * 3600))
        .with_max_negotiating_inbound_streams(4096);
    Ok(Swarm::new(transport(&key, opt)?, behaviour, id, config))
}

/// Split `/ip4/../tcp/../p2p/ID` into its address and peer.
pub fn split(text: &str) -> Result<(Multiaddr, PeerId)> {
    let mut addr: Multiaddr = text.parse()?;
    match addr.pop() {
        Some(Protocol::P2p(id)) => Ok((addr, id)),
        _ => Err(format!("{text} does not end in /p2p/ID").into()),
    }
}

pub fn listen_addr(opt: &Options) -> Result<Multiaddr> {
    let family = if opt.host.contains(':') { "ip6" } else { "ip4" };
    Ok(format!("/{family}/{}/tcp/0", opt.host).parse()?)
}

fn report(me: PeerId, event: &SwarmEvent<BehaviourEvent>) {
    match event {
        SwarmEvent::NewListenAddr { address, .. } => say(json!({
            "event": "listening", "addr": format!("{address}/p2p/{me}"), "peer": me.to_string() })),
        SwarmEvent::ConnectionEstablished { peer_id, .. } => {
            say(json!({ "event": "connected", "peer": peer_id.to_string() }));
        }
        SwarmEvent::ConnectionClosed { peer_id, .. } => {
            say(json!({ "event": "disconnected", "peer": peer_id.to_string() }));
        }
        SwarmEvent::Behaviour(BehaviourEvent::Identify(identify::Event::Received {
            peer_id,
            info,
            ..
        })) => say(json!({
            "event": "identified",
            "peer": peer_id.to_string(),
            "agent": info.agent_version,
            "protocols": info.protocols.iter().map(|p| p.to_string()).collect::<Vec<_>>(),
            "observed": info.observed_addr.to_string(),
            "listen": info.listen_addrs.iter().map(|a| a.to_string()).collect::<Vec<_>>(),
            "signedRecord": info.signed_peer_record.is_some(),
        })),
        _ => {}
    }
}

/// Wait for the swarm's next event, print it unless the node is bare, and hand it on.
pub async fn next(swarm: &mut Swarm<Behaviour>, opt: &Options) -> SwarmEvent<BehaviourEvent> {
    let me = *swarm.local_peer_id();
    let event = swarm.select_next_some().await;
    if !opt.bare || matches!(event, SwarmEvent::NewListenAddr { .. }) {
        report(me, &event);
    }
    event
}
