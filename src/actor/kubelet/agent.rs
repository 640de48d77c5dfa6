//! One node's kubelet: whether it talks, and the addresses it gives to Pods.

use crate::api::{Node, Pod, Text, value};
use crate::time::SimTime;
use crate::world::{NodeId, World};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// The first and last host number of a block of 256 addresses that Pods get.
const HOSTS: std::ops::RangeInclusive<u8> = 2..=254;
/// The second octet of the first block of Pod addresses: 10.244.0.0/16, as kubeadm's examples have it.
const FIRST_OCTET: u32 = 244;
/// 10.96.0.0/12 belongs to Services; blocks go round before they reach it.
const MAX_BLOCKS: u32 = (12 + 96) * 256;

/// A kubelet.
#[derive(Clone, Debug, Default)]
pub(super) struct Agent {
    /// Its Node object, while there is one.
    pub node: Option<NodeId>,
    /// Whether the API server does not hear from it: silent, or its Node is gone.
    pub silent: bool,
    /// When its Node was created.
    pub joined: SimTime,
    /// How often its machine had been rebooted when it last talked.
    pub reboots: u32,
    /// Whether its Node was deleted since, so that the next one of its name is another machine.
    pub machine_lost: bool,
    /// Whether its node is cordoned, as far as it knows.
    pub cordoned: bool,
    /// Images that were pulled to its node (realistic profile).
    pub images: BTreeSet<Text>,
    /// When the pulls that are under way will be done: there is one at a time.
    pub pulls_until: SimTime,
    /// The block of 256 addresses it gives out.
    block: u32,
    /// The host number given out last.
    last_host: u8,
    /// Whether every address of the block was given out once.
    gone_round: bool,
    /// Whether this round has not found a free address yet.
    found_none: bool,
}

/// All kubelets, by number and by node name.
#[derive(Clone, Debug, Default)]
pub(super) struct Agents {
    list: Vec<Agent>,
    numbers: BTreeMap<Text, u32>,
    blocks: u32,
}

impl Agents {
    /// The number of a node's kubelet; a new one for a name that was never heard.
    pub fn number(&mut self, name: &Text) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.list.len() as u32;
        let block = self.next_block();
        self.list.push(Agent { silent: true, block, last_host: *HOSTS.start() - 1, ..Agent::default() });
        self.numbers.insert(name.clone(), number);
        number
    }

    fn next_block(&mut self) -> u32 {
        self.blocks = self.blocks % MAX_BLOCKS + 1;
        self.blocks
    }

    pub fn get(&self, number: u32) -> Option<&Agent> {
        self.list.get(number as usize)
    }

    pub fn get_mut(&mut self, number: u32) -> Option<&mut Agent> {
        self.list.get_mut(number as usize)
    }

    /// An address for a Pod: one that was not given out for as long as possible.
    pub fn take_address(&mut self, number: u32, pod: &Pod, world: &World) -> Option<IpAddr> {
        if pod.spec.host_network {
            return world.node(&pod.node_name).and_then(internal_ip);
        }
        for _ in 0..=2 * usize::from(*HOSTS.end()) {
            let agent = self.list.get_mut(number as usize)?;
            if agent.last_host == *HOSTS.end() {
                if agent.gone_round && agent.found_none {
                    let block = self.next_block();
                    let agent = self.list.get_mut(number as usize)?;
                    (agent.block, agent.gone_round, agent.last_host) = (block, false, *HOSTS.start());
                    return Some(IpAddr::V4(address(block, *HOSTS.start())));
                }
                (agent.gone_round, agent.found_none, agent.last_host) = (true, true, *HOSTS.start());
            } else {
                agent.last_host += 1;
            }
            let address = IpAddr::V4(address(agent.block, agent.last_host));
            if !agent.gone_round || !in_use(world, &pod.node_name, address) {
                agent.found_none = false;
                return Some(address);
            }
        }
        None
    }
}

/// The address of a host in a block.
fn address(block: u32, host: u8) -> Ipv4Addr {
    let second = (FIRST_OCTET + block / 256) % 256;
    Ipv4Addr::new(10, second as u8, (block % 256) as u8, host)
}

fn in_use(world: &World, node_name: &str, address: IpAddr) -> bool {
    let pods = world.index.seat(node_name).map(|seat| &seat.pods);
    pods.into_iter().flatten().filter_map(|id| world.pods.get(*id)).any(|pod| pod.status.ip == Some(address))
}

/// The InternalIP in a node's status.
pub fn internal_ip(node: &Node) -> Option<IpAddr> {
    let addresses = value::list(&node.status_source, "addresses");
    let internal = addresses.iter().find(|address| value::text(address, "type") == "InternalIP")?;
    value::text(internal, "address").parse().ok()
}
